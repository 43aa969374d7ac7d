// One node of a cluster: membership, roles and ring put together, above any transport.
//
// Like its parts it has no threads and no sockets: it is driven by tick(), on_packet() and
// on_exchange(), all on one strand, and the simulation drives a thousand of them in one loop.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "cluster/membership.h"
#include "cluster/ring.h"
#include "cluster/roles.h"

namespace alloy::cluster {

// How nodes reach each other.
class Transport {
 public:
  virtual ~Transport() = default;
  // Sends and forgets; what can't be delivered is lost.
  virtual void send_packet(const Address& to, std::string packet) = 0;
  // Sends `request` on a stream of its own and gives back what the other side answered, or why it
  // did not. Called back on the node's strand, within stream_timeout.
  virtual void exchange(const Address& to, std::string request,
                        std::function<void(Result<std::string>)> done) = 0;
};

struct NodeOptions {
  std::string name;
  Address address;    // Where others reach us.
  std::string label;  // The cluster's name; nodes of another one are not heard.
  uint64_t seed = 0;
  Logger logger;
  std::shared_ptr<Rejections> rejections = std::make_shared<Rejections>();
};

// Counts of what happened, by event: node_join, merge_remote_state, ... as the metrics name them.
using EventCounts = std::map<std::string, uint64_t, std::less<>>;

class Node final : private MembershipHost {
 public:
  // `changed` is called on each change of peers or roles.
  Node(NodeOptions options, Clock& clock, Transport& transport, std::function<void()> changed);

  void start();
  // Does what is due, and tells when to be called next.
  SteadyTime tick();
  // A packet that arrived. The error says why it, or part of it, was dropped.
  Result<void> on_packet(std::string_view packet);
  // What the transport notices: a connection that broke, an address where nobody listens.
  void on_connection_lost(const Address& address);
  void on_refused(const Address& address);
  // A stream that somebody opened to us, complete: gives the answer and merges what it said.
  Result<std::string> on_exchange(std::string_view request);

  // Exchanges states with each address in turn, announcing ourselves. Called back with how many
  // answered, or with all errors if none did.
  void join(std::vector<Address> addresses, std::function<void(Result<size_t>)> done);
  // `told` is called once the others know (or there are none). Not again after an error.
  Result<void> change_role(NodeRole to, std::function<void()> told);
  // Tells everybody our role at once, ahead of gossip.
  void tell_role();
  // Says goodbye to everybody.
  void leave(std::function<void()> told);

  const std::string& name() const { return options_.name; }
  // Sorted by name; ourselves included.
  std::vector<Peer> peers() const { return roles_.peers(); }
  NodeRole role() const { return roles_.own_role(); }
  // The owners of keys now: all participants.
  std::shared_ptr<const Ring> ring() const;

  const Membership& membership() const { return membership_; }
  const Roles& roles() const { return roles_; }
  const EventCounts& received_events() const { return received_events_; }
  uint64_t rebroadcasts() const { return rebroadcasts_; }
  const Rejections& rejections() const { return *options_.rejections; }

 private:
  void send_packet(const Address& to, std::string packet) override;
  void start_push_pull(const Address& with) override;
  void on_user_message(std::string_view message) override;
  void on_join(std::string_view name, const Address& address) override;
  void on_leave(std::string_view name) override;
  void on_update(std::string_view name, const Address& address) override;
  void on_conflict(std::string_view name) override;

  void push_pull(const Address& with, bool join, std::function<void(Result<void>)> done);
  std::string own_state(bool join) const;
  Result<void> merge(const PushPull& remote);
  Result<void> merge_table(const PushPull& remote);
  Result<std::string> answer_exchange(std::string_view request);
  void join_next(std::shared_ptr<struct JoinProgress> progress);
  void count(std::string_view event) { ++received_events_[std::string(event)]; }

  NodeOptions options_;
  Clock& clock_;
  Transport& transport_;
  std::function<void()> changed_;
  EventCounts received_events_;
  uint64_t rebroadcasts_ = 0;
  bool applying_gossip_ = false;
  bool is_merging_ = false;
  bool has_merged_change_ = false;
  Membership membership_;
  Roles roles_;
  mutable std::shared_ptr<const Ring> ring_;  // Made when first asked for after a change.
};

}  // namespace alloy::cluster
