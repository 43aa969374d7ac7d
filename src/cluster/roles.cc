#include "cluster/roles.h"

#include <fmt/format.h>

#include "cluster/limits.h"

namespace alloy::cluster {

Roles::Roles(std::string name, Address address, Broadcast broadcast, Changed changed)
    : name_(std::move(name)), broadcast_(std::move(broadcast)), changed_(std::move(changed)) {
  peers_.emplace(name_, std::move(address));
}

Result<void> Roles::change_own_role(NodeRole to, std::function<void()> told) {
  if (static_cast<int>(to) != static_cast<int>(own_role_) + 1)
    return fail(fmt::format("invalid transition from {} to {}", name_of(own_role_), name_of(to)),
                ErrorKind::invalid);
  own_role_ = to;
  const RoleChange change{name_, to, tick()};
  known_[name_] = change;
  changed_();
  if (peers_.size() > 1) {
    broadcast_(change, std::move(told));
  } else {
    broadcast_(change, {});
    if (told) told();
  }
  return {};
}

// Whether the change was news; then it is stored and passed on.
bool Roles::take(RoleChange change) {
  const bool about_self = change.node == name_;
  if (const auto old = known_.find(change.node); old != known_.end()) {
    const bool contradicts_self =
        about_self && change.time == old->second.time && change.role != old->second.role;
    if (change.time <= old->second.time && !contradicts_self) return false;
  }
  // Somebody tells what we were before a restart: the truth with a newer time overrules it.
  if (about_self) change = {name_, own_role_, tick()};
  if (known_.insert_or_assign(change.node, change).second) remember_stranger(change.node);
  broadcast_(change, {});
  return true;
}

void Roles::remember_stranger(const std::string& name) {
  if (peers_.contains(name)) return;
  strangers_.push_back(name);
  if (strangers_.size() <= strangers_max) return;
  if (!peers_.contains(strangers_.front())) known_.erase(strangers_.front());
  strangers_.pop_front();
}

bool Roles::is_plausible(uint64_t time) const {
  return time <= time_ || time - time_ <= lamport_step_max;
}

bool Roles::on_gossip(const RoleChange& change) {
  if (!is_plausible(change.time) || change.node.empty() || change.node.size() > name_bytes_max)
    return false;
  observe(change.time);
  if (take(change) && peers_.contains(change.node)) changed_();
  return true;
}

RoleTable Roles::table() const {
  RoleTable table{.time = time_, .roles = {}};
  for (const auto& [name, address] : peers_) {
    const auto known = known_.find(name);
    table.roles.push_back(known == known_.end() ? RoleChange{name, NodeRole::viewer, 0}
                                                : known->second);
  }
  return table;
}

size_t Roles::merge(const RoleTable& remote) {
  if (!is_plausible(remote.time)) return remote.roles.size() + 1;
  observe(remote.time);
  bool changed = false;
  size_t implausible = 0;
  for (const RoleChange& change : remote.roles) {
    if (!peers_.contains(change.node)) continue;
    if (is_plausible(change.time))
      changed |= take(change);
    else
      ++implausible;
  }
  if (changed) changed_();
  return implausible;
}

void Roles::on_join(std::string_view name, const Address& address) {
  peers_.insert_or_assign(std::string(name), address);
  changed_();
}

void Roles::on_leave(std::string_view name) {
  if (const auto peer = peers_.find(name); peer != peers_.end()) peers_.erase(peer);
  if (const auto known = known_.find(name); known != known_.end()) known_.erase(known);
  changed_();
}

std::vector<Peer> Roles::peers() const {
  std::vector<Peer> out;
  for (const auto& [name, address] : peers_) {
    const auto known = known_.find(name);
    const bool is_self = name == name_;
    const NodeRole role = is_self                 ? own_role_
                          : known == known_.end() ? NodeRole::viewer
                                                  : known->second.role;
    out.push_back({name, address, is_self, role});
  }
  return out;
}

}  // namespace alloy::cluster
