#include "cluster/node.h"

#include <fmt/format.h>

namespace alloy::cluster {

struct JoinProgress {
  std::vector<Address> addresses;
  size_t next = 0;
  size_t joined = 0;
  std::vector<std::string> errors;
  std::function<void(Result<size_t>)> done;
};

Node::Node(NodeOptions options, Clock& clock, Transport& transport, std::function<void()> changed)
    : options_(std::move(options)),
      clock_(clock),
      transport_(transport),
      changed_(std::move(changed)),
      membership_({.name = options_.name,
                   .address = options_.address,
                   .label = options_.label,
                   .seed = options_.seed,
                   .logger = options_.logger.with({{"subsystem", "memberlist"}}),
                   .rejections = options_.rejections},
                  *this),
      roles_(
          options_.name, options_.address,
          [this](const RoleChange& change, std::function<void()> finished) {
            if (applying_gossip_) ++rebroadcasts_;
            membership_.broadcast(change.node, encode(change), std::move(finished));
          },
          [this] {
            ring_ = nullptr;
            if (is_merging_)
              has_merged_change_ = true;
            else if (changed_)
              changed_();
          }) {}

void Node::start() { membership_.start(clock_.steady()); }

SteadyTime Node::tick() { return membership_.tick(clock_.steady()); }

Result<void> Node::on_packet(std::string_view packet) {
  return membership_.handle_packet(packet, clock_.steady());
}

void Node::on_connection_lost(const Address& address) { membership_.on_connection_lost(address); }

void Node::on_refused(const Address& address) { membership_.on_refused(address, clock_.steady()); }

std::string Node::own_state(bool join) const {
  return encode(membership_.local_state(join, encode(roles_.table())));
}

Result<std::string> Node::on_exchange(std::string_view request) {
  auto answer = answer_exchange(request);
  if (!answer) options_.rejections->count(reason_of(answer.error()));
  return answer;
}

Result<std::string> Node::answer_exchange(std::string_view request) {
  TRY(const std::string_view body, strip_label(request, options_.label));
  const auto message = decompress_message(body);
  const auto refuse = [this](const Error& error) {
    options_.rejections->count(reason_of(error));
    return make_stream(encode(ErrorReply{error.message()}), "");
  };
  if (!message) return refuse(message.error());
  const std::string_view content = std::string_view(*message).substr(1);
  switch (static_cast<MessageType>((*message)[0])) {
    case MessageType::push_pull: {
      const auto remote = decode_push_pull(content);
      if (!remote) return refuse(remote.error());
      count("get_local_state");
      // The answer is what we knew before we heard theirs.
      std::string answer = make_stream(own_state(remote->join), "");
      if (const auto merged = merge(*remote); !merged) {
        options_.rejections->count(reason_of(merged.error()));
        options_.logger.error("failed to merge a peer's state", {{"err", merged.error()}});
      }
      return answer;
    }
    case MessageType::ping: {
      TRY(const Ping ping, decode_ping(content));
      return make_stream(encode(Ack{ping.sequence, std::nullopt}), "");
    }
    default:
      options_.rejections->count(Rejection::unexpected);
      return make_stream(encode(ErrorReply{"unexpected message type on a stream"}), "");
  }
}

void Node::push_pull(const Address& with, bool join, std::function<void(Result<void>)> done) {
  count("get_local_state");
  transport_.exchange(with, make_stream(own_state(join), options_.label),
                      [this, done = std::move(done)](const Result<std::string>& answer) {
                        const auto take = [&]() -> Result<void> {
                          if (!answer) return std::unexpected(answer.error());
                          if (answer->empty()) return fail("EOF");
                          TRY(const std::string message, decompress_message(*answer));
                          const std::string_view content = std::string_view(message).substr(1);
                          if (message[0] == static_cast<char>(MessageType::error)) {
                            TRY(const ErrorReply reply, decode_error(content));
                            return fail("remote error: " + reply.error);
                          }
                          if (message[0] != static_cast<char>(MessageType::push_pull))
                            return fail("unexpected answer to a push/pull");
                          TRY(const PushPull remote, decode_push_pull(content));
                          return merge(remote);
                        };
                        done(take());
                      });
}

// A table may bring many changes, which are one for whoever watches.
Result<void> Node::merge(const PushPull& remote) {
  is_merging_ = true;
  auto merged = merge_table(remote);
  is_merging_ = false;
  if (std::exchange(has_merged_change_, false) && changed_) changed_();
  return merged;
}

Result<void> Node::merge_table(const PushPull& remote) {
  TRY(membership_.merge(remote, clock_.steady()));
  if (remote.user_state.empty()) return {};
  TRY(const RoleTable table, decode_role_table(remote.user_state));
  count("merge_remote_state");
  options_.rejections->count(Rejection::implausible, roles_.merge(table));
  return {};
}

void Node::join(std::vector<Address> addresses, std::function<void(Result<size_t>)> done) {
  join_next(std::make_shared<JoinProgress>(
      JoinProgress{.addresses = std::move(addresses), .done = std::move(done)}));
}

void Node::join_next(std::shared_ptr<JoinProgress> progress) {
  if (progress->next == progress->addresses.size()) {
    if (progress->joined > 0 || progress->errors.empty()) return progress->done(progress->joined);
    std::string text = fmt::format("{} error{} occurred:", progress->errors.size(),
                                   progress->errors.size() == 1 ? "" : "s");
    for (const std::string& error : progress->errors) text += "\n\t* " + error;
    return progress->done(fail(text + "\n\n"));
  }
  const Address address = progress->addresses[progress->next++];
  push_pull(address, true, [this, progress, address](const Result<void>& result) {
    if (result)
      ++progress->joined;
    else
      progress->errors.push_back(
          fmt::format("failed to join {}: {}", format_address(address), result.error().message()));
    join_next(progress);
  });
}

Result<void> Node::change_role(NodeRole to, std::function<void()> told) {
  return roles_.change_own_role(to, std::move(told));
}

void Node::tell_role() {
  const auto own = roles_.known().find(options_.name);
  if (own != roles_.known().end()) membership_.tell_everybody(encode(own->second));
}

void Node::leave(std::function<void()> told) {
  membership_.leave(clock_.steady(), std::move(told));
}

std::shared_ptr<const Ring> Node::ring() const {
  if (!ring_) {
    std::vector<std::string> participants;
    for (const Peer& peer : peers())
      if (peer.role == NodeRole::participant) participants.push_back(peer.name);
    ring_ = std::make_shared<const Ring>(std::move(participants));
  }
  return ring_;
}

void Node::send_packet(const Address& to, std::string packet) {
  transport_.send_packet(to, std::move(packet));
}

void Node::start_push_pull(const Address& with) {
  push_pull(with, false, [this, with](const Result<void>& result) {
    if (!result)
      options_.logger.error("Push/Pull failed",
                            {{"peer", format_address(with)}, {"err", result.error()}});
  });
}

void Node::on_user_message(std::string_view message) {
  const auto change = decode_role_change(message);
  if (!change) {
    options_.rejections->count(Rejection::malformed);
    if (options_.rejections->is_worth_a_line(Rejection::malformed, clock_.steady()))
      options_.logger.error("failed to parse gossip message", {{"err", change.error()}});
    return;
  }
  count("state_change_message");
  applying_gossip_ = true;
  if (!roles_.on_gossip(*change)) options_.rejections->count(Rejection::implausible);
  applying_gossip_ = false;
}

void Node::on_join(std::string_view name, const Address& address) {
  count("node_join");
  roles_.on_join(name, address);
  membership_.set_user_node_count(roles_.peer_count());
}

void Node::on_leave(std::string_view name) {
  count("node_leave");
  roles_.on_leave(name);
  membership_.set_user_node_count(roles_.peer_count());
}

void Node::on_update(std::string_view name, const Address& address) {
  count("node_update");
  roles_.on_join(name, address);
}

void Node::on_conflict(std::string_view) { count("node_conflict"); }

}  // namespace alloy::cluster
