// What each node does in the cluster: states gossiped with lamport times, as Alloy's nodes keep
// them on top of the membership. Like Membership a machine that is only told things.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "cluster/messages.h"

namespace alloy::cluster {

struct Peer {
  std::string name;
  Address address;
  bool is_self = false;
  NodeRole role = NodeRole::viewer;
};

class Roles {
 public:
  // Queues a message for gossip. `finished` is called when it has been told often enough.
  using Broadcast = std::function<void(const RoleChange& change, std::function<void()> finished)>;
  // Something about the peers or their roles changed.
  using Changed = std::function<void()>;

  Roles(std::string name, Address address, Broadcast broadcast, Changed changed);

  // viewer -> participant -> terminating, nothing else.
  // Error: invalid transition from A to B.
  Result<void> change_own_role(NodeRole to, std::function<void()> told);

  // False: no honest node says so, and it is ignored.
  bool on_gossip(const RoleChange& change);
  // What push/pull carries, and what arrives with it.
  RoleTable table() const;
  // Gives back how many entries no honest node has.
  size_t merge(const RoleTable& remote);

  void on_join(std::string_view name, const Address& address);
  void on_leave(std::string_view name);

  NodeRole own_role() const { return own_role_; }
  uint64_t lamport_time() const { return time_; }
  // Sorted by name; ourselves included.
  std::vector<Peer> peers() const;
  size_t peer_count() const { return peers_.size(); }
  const std::map<std::string, RoleChange, std::less<>>& known() const { return known_; }

 private:
  uint64_t tick() { return ++time_; }
  void observe(uint64_t time) {
    if (time >= time_) time_ = time + 1;
  }
  bool is_plausible(uint64_t time) const;
  bool take(RoleChange change);
  void remember_stranger(const std::string& name);

  std::string name_;
  Broadcast broadcast_;
  Changed changed_;
  uint64_t time_ = 0;
  NodeRole own_role_ = NodeRole::viewer;
  // May hold nodes that are no peers (yet): gossip overtakes membership.
  std::map<std::string, RoleChange, std::less<>> known_;
  std::deque<std::string> strangers_;  // Those that were none when they were heard of, in order.
  std::map<std::string, Address, std::less<>> peers_;
};

}  // namespace alloy::cluster
