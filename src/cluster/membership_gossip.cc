// How the membership talks: packets in, packets out, and gossip on every one of them.
#include <fmt/format.h>

#include "cluster/membership.h"

namespace alloy::cluster {
namespace {

constexpr size_t packet_bytes_max = 10 << 20;
constexpr size_t part_overhead = 2;
// From this protocol on a node understands checksums.
constexpr unsigned checksum_protocol = 5;

bool understands_checksums(std::string_view versions) {
  return versions.size() > 1 && static_cast<unsigned char>(versions[1]) >= checksum_protocol;
}

}  // namespace

Result<void> Membership::handle_packet(std::string_view packet, SteadyTime now) {
  const auto unpacked = unpack(packet, options_.label);
  if (!unpacked) {
    options_.rejections->count(reason_of(unpacked.error()));
    return std::unexpected(unpacked.error());
  }
  if (unpacked->truncated_parts > 0)
    reject(Rejection::truncated, now, "Compound request had truncated messages",
           {{"truncated", unpacked->truncated_parts}});
  Result<void> problem;
  for (const std::string& message : unpacked->messages) dispatch(message, now, problem);
  return problem;
}

void Membership::dispatch(std::string_view message, SteadyTime now, Result<void>& problem) {
  const std::string_view body = message.substr(1);
  const auto handle = [&](auto decoded, auto call) {
    if (decoded) return call(*decoded);
    options_.rejections->count(Rejection::malformed);
    problem = std::unexpected(decoded.error());
  };
  switch (static_cast<MessageType>(message[0])) {
    case MessageType::ping:
      return handle(decode_ping(body), [&](const Ping& m) { on_ping(m, now); });
    case MessageType::indirect_ping:
      return handle(decode_indirect_ping(body),
                    [&](const IndirectPing& m) { on_indirect_ping(m, now); });
    case MessageType::ack:
      return handle(decode_ack(body), [&](const Ack& m) { on_ack(m); });
    case MessageType::nack:
      return handle(decode_nack(body), [&](const Nack& m) { on_nack(m); });
    case MessageType::suspect:
      return handle(decode_suspect(body), [&](const Suspect& m) { on_suspect(m, now); });
    case MessageType::alive:
      return handle(decode_alive(body), [&](const Alive& m) { on_alive(m, now); });
    case MessageType::dead:
      return handle(decode_dead(body), [&](const Dead& m) { on_dead(m, now); });
    case MessageType::user:
      return host_.on_user_message(body);
    default:
      options_.rejections->count(Rejection::unexpected);
      problem = fail(fmt::format("unexpected message type {} in a packet",
                                 static_cast<unsigned char>(message[0])),
                     ErrorKind::invalid);
  }
}

void Membership::broadcast(std::string key, std::string user_message,
                           std::function<void()> finished) {
  user_queue_.add(std::move(key), std::move(user_message), std::move(finished));
}

void Membership::tell_everybody(std::string user_message) {
  user_message.insert(0, 1, static_cast<char>(MessageType::user));
  for (const auto& member : members_)
    if (!is_self(member->name) && member->is_here())
      send_all(member->address, {user_message}, member->versions);
}

std::vector<std::string> Membership::queued_broadcasts(size_t bytes_used) {
  std::vector<std::string> messages;
  if (bytes_used >= packet_bytes_max) return messages;
  membership_queue_.take(packet_bytes_max - bytes_used, part_overhead,
                         retransmit_limit(members_.size()), messages);
  for (const std::string& message : messages) bytes_used += message.size() + part_overhead;
  if (bytes_used >= packet_bytes_max) return messages;
  const size_t first_user = messages.size();
  user_queue_.take(packet_bytes_max - bytes_used, part_overhead + 1,
                   retransmit_limit(user_node_count_), messages);
  for (size_t i = first_user; i < messages.size(); ++i)
    messages[i].insert(0, 1, static_cast<char>(MessageType::user));
  return messages;
}

void Membership::send(const Address& to, std::string message, std::string_view versions) {
  std::vector<std::string> messages = queued_broadcasts(message.size());
  messages.insert(messages.begin(), std::move(message));
  send_all(to, std::move(messages), versions);
}

// Several messages travel as compounds, within their limits; what is too long for one goes alone.
void Membership::send_all(const Address& to, std::vector<std::string> messages,
                          std::string_view versions) {
  const Checksum checksum = understands_checksums(versions) ? Checksum::crc32 : Checksum::none;
  const auto send_group = [&](std::span<const std::string> group) {
    if (group.empty()) return;
    host_.send_packet(to, make_packet(group.size() == 1 ? group[0] : make_compound(group),
                                      options_.label, checksum));
  };
  std::vector<std::string> group;
  for (std::string& message : messages) {
    if (message.size() > compound_part_bytes_max) {
      send_group({&message, 1});
      continue;
    }
    group.push_back(std::move(message));
    if (group.size() == compound_parts_max) {
      send_group(group);
      group.clear();
    }
  }
  send_group(group);
}

void Membership::gossip(SteadyTime now) {
  const auto targets = random_members(gossip_nodes, [&](const Member& member) {
    if (is_self(member.name)) return false;
    return member.is_here() ||
           (member.state == Liveness::dead && now - member.since <= gossip_to_the_dead);
  });
  for (const Member* member : targets) {
    std::vector<std::string> messages = queued_broadcasts(0);
    if (messages.empty()) return;
    send_all(member->address, std::move(messages), member->versions);
  }
}

std::vector<Member*> Membership::random_members(size_t count,
                                                const std::function<bool(const Member&)>& want) {
  std::vector<Member*> chosen;
  // Small clusters are looked through; in large ones random draws find enough in a few steps.
  const size_t draws = 3 * members_.size();
  for (size_t i = 0; i < draws && chosen.size() < count; ++i) {
    Member* member = members_[random(members_.size())].get();
    if (!want(*member)) continue;
    if (std::find(chosen.begin(), chosen.end(), member) == chosen.end()) chosen.push_back(member);
  }
  return chosen;
}

SteadyTime Membership::tick(SteadyTime now) {
  std::vector<std::pair<std::string, uint32_t>> fallen;
  for (const auto& [name, suspicion] : suspicions_)
    if (suspicion.deadline() <= now) fallen.emplace_back(name, suspicion.incarnation);
  for (const auto& [name, incarnation] : fallen) {
    options_.logger.info(
        fmt::format("Marking {} as failed, suspect timeout reached ({} peer confirmations)", name,
                    suspicions_.at(name).confirmations()));
    on_dead({incarnation, name, options_.name}, now);
  }
  pursue_refusals(now);
  continue_probe(now);
  if (now >= next_probe_ && !probe_) begin_probe(now);
  if (now >= next_gossip_) {
    gossip(now);
    next_gossip_ = now + gossip_interval;
  }
  if (now >= next_push_pull_) {
    const auto partner = random_members(1, [&](const Member& member) {
      return !is_self(member.name) && member.state == Liveness::alive;
    });
    if (!partner.empty()) host_.start_push_pull(partner[0]->address);
    next_push_pull_ = now + push_pull_interval(members_.size());
  }

  return next_deadline();
}

SteadyTime Membership::next_deadline() const {
  SteadyTime next = std::min(next_gossip_, next_push_pull_);
  next = std::min(
      next, probe_ ? (probe_->indirect ? probe_->deadline : probe_->direct_deadline) : next_probe_);
  for (const auto& [name, suspicion] : suspicions_) next = std::min(next, suspicion.deadline());
  for (const auto& [sequence, relay] : relays_) next = std::min(next, relay.deadline);
  for (const auto& [name, refusal] : refusals_) next = std::min(next, refusal.next_ping);
  return next;
}

}  // namespace alloy::cluster
