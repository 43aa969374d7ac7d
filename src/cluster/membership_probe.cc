// How the membership finds out who is gone: one member after another is pinged, directly and, if
// that fails, through others.
#include <fmt/format.h>

#include "base/text.h"
#include "cluster/limits.h"
#include "cluster/membership.h"

namespace alloy::cluster {
namespace {

// From this protocol on a node says so when it could not reach somebody for us.
constexpr unsigned nack_protocol = 4;

bool sends_nacks(const Member& member) {
  return member.versions.size() > 1 &&
         static_cast<unsigned char>(member.versions[1]) >= nack_protocol;
}

// Whether something can be sent there.
bool is_usable(const Address& address) {
  return (address.ip.size() == 4 || address.ip.size() == 16) && address.port != 0;
}

}  // namespace

void Membership::reap_and_shuffle(SteadyTime now) {
  std::erase_if(members_, [&](const std::unique_ptr<Member>& member) {
    const bool reap =
        !member->is_here() && now - member->since > gossip_to_the_dead && !is_self(member->name);
    if (reap) by_name_.erase(member->name);
    return reap;
  });
  std::shuffle(members_.begin(), members_.end(), random_);
  probe_index_ = 0;
}

Member* Membership::next_to_probe(SteadyTime now) {
  // One round over everybody at most, which may include the wrap-around.
  for (size_t checked = 0; checked <= members_.size(); ++checked) {
    if (probe_index_ >= members_.size()) {
      reap_and_shuffle(now);
      continue;
    }
    Member& member = *members_[probe_index_++];
    if (!is_self(member.name) && member.is_here()) return &member;
  }
  return nullptr;
}

void Membership::begin_probe(SteadyTime now) {
  next_probe_ = now + probe_interval;
  Member* member = next_to_probe(now);
  if (member == nullptr) return;
  const uint32_t sequence = ++sequence_;
  probe_ = Probe{.name = member->name,
                 .address = member->address,
                 .sequence = sequence,
                 .direct_deadline = now + probe_timeout,
                 .deadline = now + probe_interval * (health_score_ + 1)};
  std::string ping = encode(Ping{sequence, member->name, options_.address, options_.name});
  if (member->state == Liveness::alive) {
    send(member->address, std::move(ping));
  } else {
    // The suspect hears of the suspicion with the ping, so that it can refute at once.
    send_all(member->address,
             {std::move(ping), encode(Suspect{member->incarnation, member->name, options_.name})},
             member->versions);
  }
}

void Membership::continue_probe(SteadyTime now) {
  for (auto at = relays_.begin(); at != relays_.end();) {
    const Relay& relay = at->second;
    if (relay.deadline > now) {
      ++at;
      continue;
    }
    if (relay.nack) send(relay.requester, encode(Nack{relay.requester_sequence}));
    at = relays_.erase(at);
  }
  if (!probe_) return;
  if (probe_->acked || now >= probe_->deadline) return finish_probe(now);
  if (probe_->indirect || now < probe_->direct_deadline) return;

  probe_->indirect = true;
  const auto helpers = random_members(indirect_checks, [&](const Member& member) {
    return !is_self(member.name) && member.name != probe_->name && member.state == Liveness::alive;
  });
  for (const Member* helper : helpers) {
    const bool nack = sends_nacks(*helper);
    if (nack) ++probe_->nacks_expected;
    send(helper->address, encode(IndirectPing{probe_->sequence, probe_->address, probe_->name, nack,
                                              options_.address, options_.name}));
  }
}

void Membership::finish_probe(SteadyTime now) {
  const Probe probe = *std::exchange(probe_, std::nullopt);
  if (probe.acked) return change_health(-1);
  // Missing nacks mean that the trouble may be ours.
  change_health(probe.nacks_expected > 0 ? probe.nacks_expected - probe.nacks : 1);
  const Member* member = find(probe.name);
  if (member == nullptr || !member->is_here()) return;
  options_.logger.info(fmt::format("Suspect {} has failed, no acks received", probe.name));
  on_suspect({member->incarnation, probe.name, options_.name}, now);
}

void Membership::on_ping(const Ping& ping, SteadyTime now) {
  if (!ping.node.empty() && !is_self(ping.node))
    return reject(Rejection::unexpected, now,
                  fmt::format("Got ping for unexpected node {}",
                              quote(std::string_view(ping.node).substr(0, name_bytes_max))));
  // Packets arrive on connections whose address says nothing, so only the message can tell.
  if (!is_usable(ping.source))
    return reject(Rejection::implausible, now, "Got ping without a source address");
  send(ping.source, encode(Ack{ping.sequence, std::nullopt}));
}

void Membership::on_indirect_ping(const IndirectPing& ping, SteadyTime now) {
  if (!is_usable(ping.source) || !is_usable(ping.target) || ping.node.size() > name_bytes_max)
    return reject(Rejection::implausible, now, "Got indirect ping without usable addresses");
  if (relays_.size() >= relays_max)
    return reject(Rejection::full, now, "Got too many indirect pings");
  const uint32_t sequence = ++sequence_;
  relays_.emplace(sequence, Relay{ping.source, ping.sequence, ping.nack, now + probe_timeout});
  send(ping.target, encode(Ping{sequence, ping.node, options_.address, options_.name}));
}

void Membership::on_ack(const Ack& ack) {
  if (probe_ && probe_->sequence == ack.sequence) {
    probe_->acked = true;
    return;
  }
  if (std::erase_if(refusals_, [&](const auto& r) { return r.second.sequence == ack.sequence; }))
    return;
  const auto relay = relays_.find(ack.sequence);
  if (relay == relays_.end()) return;
  send(relay->second.requester, encode(Ack{relay->second.requester_sequence, std::nullopt}));
  relays_.erase(relay);
}

void Membership::on_nack(const Nack& nack) {
  if (probe_ && probe_->sequence == nack.sequence) ++probe_->nacks;
}

}  // namespace alloy::cluster
