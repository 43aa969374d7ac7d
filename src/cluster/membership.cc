// The table of members and the rules by which messages change it.
#include "cluster/membership.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "cluster/limits.h"

namespace alloy::cluster {
namespace {

unsigned version(std::string_view versions, size_t index) {
  return index < versions.size() ? static_cast<unsigned char>(versions[index]) : 0;
}

bool versions_make_sense(std::string_view versions) {
  const unsigned min = version(versions, 0);
  const unsigned max = version(versions, 1);
  return versions.size() == protocol_versions.size() && min != 0 && max != 0 && min <= max;
}

}  // namespace

Membership::Membership(MembershipOptions options, MembershipHost& host)
    : options_(std::move(options)), host_(host), random_(options_.seed) {}

Membership::~Membership() = default;

void Membership::start(SteadyTime now) {
  incarnation_ = 1;
  on_alive(own_alive(), now);
  const auto offset = [&](Duration below) {
    return Duration(static_cast<int64_t>(random(static_cast<size_t>(below.count()))));
  };
  next_probe_ = now + offset(probe_interval) + probe_interval;
  next_gossip_ = now + gossip_interval;
  next_push_pull_ = now + offset(push_pull_interval(1)) + push_pull_interval(1);
}

Alive Membership::own_alive() const {
  return {incarnation_, options_.name, options_.address, std::nullopt,
          std::string(protocol_versions)};
}

size_t Membership::random(size_t below) {
  return below == 0 ? 0 : std::uniform_int_distribution<size_t>(0, below - 1)(random_);
}

const Member* Membership::find(std::string_view name) const {
  const auto at = by_name_.find(std::string(name));
  return at == by_name_.end() ? nullptr : at->second;
}

Member* Membership::find_mutable(std::string_view name) { return const_cast<Member*>(find(name)); }

size_t Membership::alive_count() const {
  return static_cast<size_t>(
      std::count_if(members_.begin(), members_.end(), [](const auto& m) { return m->is_here(); }));
}

std::optional<Membership::SuspicionInfo> Membership::suspicion_of(std::string_view name) const {
  const auto at = suspicions_.find(std::string(name));
  if (at == suspicions_.end()) return std::nullopt;
  return SuspicionInfo{at->second.confirmations(), at->second.times.confirmations_wanted};
}

void Membership::set_state(Member& member, Liveness state, SteadyTime now) {
  if (member.state == state) return;
  member.state = state;
  member.since = now;
}

void Membership::change_health(int by) {
  health_score_ = std::clamp(health_score_ + by, 0, health_score_max);
}

Member& Membership::add_member(const Alive& alive, SteadyTime now) {
  auto member = std::make_unique<Member>(
      Member{.name = alive.node, .address = alive.address, .meta = alive.meta, .since = now});
  Member& added = *member;
  by_name_.emplace(alive.node, &added);
  members_.push_back(std::move(member));
  // A random place in the order of probing, so that newcomers are not all probed last.
  std::swap(members_.back(), members_[random(members_.size())]);
  return added;
}

void Membership::reject(Rejection reason, SteadyTime now, std::string_view text,
                        std::initializer_list<LogField> fields) {
  options_.rejections->count(reason);
  if (options_.rejections->is_worth_a_line(reason, now)) options_.logger.warn(text, fields);
}

bool Membership::is_plausible(const std::string& node, uint32_t incarnation) {
  const Member* member = find(node);
  const uint32_t known = member == nullptr ? 0 : member->incarnation;
  const bool is_ahead = incarnation > known && incarnation - known > incarnation_step_max;
  if (!node.empty() && node.size() <= name_bytes_max && !is_ahead) return true;
  options_.rejections->count(Rejection::implausible);
  return false;
}

bool Membership::is_plausible(const Alive& alive) {
  if (!is_plausible(alive.node, alive.incarnation)) return false;
  const size_t ip_bytes = alive.address.ip.size();
  const bool is_address = ip_bytes == 4 || ip_bytes == 16;
  if (is_address && (!alive.meta || alive.meta->size() <= name_bytes_max)) return true;
  options_.rejections->count(Rejection::implausible);
  return false;
}

// Who accuses is told to everybody too.
bool Membership::is_plausible_accuser(const std::string& from) {
  if (from.size() <= name_bytes_max) return true;
  options_.rejections->count(Rejection::implausible);
  return false;
}

void Membership::refute(uint32_t accused_incarnation) {
  const uint32_t latest = std::max(incarnation_, accused_incarnation);
  // The last number can't be topped; wrapping around would make everything we say old.
  incarnation_ = latest == std::numeric_limits<uint32_t>::max() ? latest : latest + 1;
  change_health(+1);
  if (Member* self = find_mutable(options_.name)) self->incarnation = incarnation_;
  membership_queue_.add(format_ip(options_.address.ip), encode(own_alive()));
}

void Membership::on_alive(const Alive& alive, SteadyTime now) {
  const bool about_self = is_self(alive.node);
  if ((leaving_ && about_self) || !is_plausible(alive)) return;
  if (!versions_make_sense(alive.versions))
    return reject(Rejection::implausible, now,
                  "Ignoring an alive message with unusable protocol versions",
                  {{"node", alive.node}});
  Member* member = find_mutable(alive.node);
  bool new_address = false;
  if (member == nullptr) {
    if (members_.size() >= members_max)
      return reject(Rejection::full, now, "Ignoring a node, there are too many",
                    {{"node", alive.node}});
    member = &add_member(alive, now);
  } else if (member->address != alive.address) {
    // Only somebody who left may come back from elsewhere under the same name.
    if (member->state != Liveness::left) {
      options_.logger.error(
          fmt::format("Conflicting address for {}. Mine: {} Theirs: {} Old state: {}", alive.node,
                      format_address(member->address), format_address(alive.address),
                      static_cast<int>(member->state)));
      host_.on_conflict(alive.node);
      return;
    }
    new_address = true;
  }
  const bool is_self_start = about_self && member->state == Liveness::dead;
  if (!about_self && alive.incarnation <= member->incarnation && !new_address) return;
  if (about_self && !is_self_start && alive.incarnation < member->incarnation) return;

  suspicions_.erase(alive.node);
  refusals_.erase(alive.node);
  if (about_self && !is_self_start) {
    if (alive.incarnation == member->incarnation && alive.meta == member->meta &&
        alive.versions == member->versions)
      return;
    return refute(alive.incarnation);
  }
  membership_queue_.add(alive.node, encode(alive));
  const bool was_gone = !member->is_here();
  const bool changed = member->meta != alive.meta;
  member->incarnation = alive.incarnation;
  member->address = alive.address;
  member->meta = alive.meta;
  member->versions = alive.versions;
  set_state(*member, Liveness::alive, now);
  if (was_gone)
    host_.on_join(member->name, member->address);
  else if (changed)
    host_.on_update(member->name, member->address);
}

void Membership::on_suspect(const Suspect& suspect, SteadyTime now) {
  Member* member = find_mutable(suspect.node);
  if (member == nullptr || suspect.incarnation < member->incarnation) return;
  if (!is_plausible(suspect.node, suspect.incarnation) || !is_plausible_accuser(suspect.from))
    return;
  if (const auto at = suspicions_.find(suspect.node); at != suspicions_.end()) {
    Suspicion& suspicion = at->second;
    if (suspicion.confirmations() < suspicion.times.confirmations_wanted &&
        suspicion.accusers.insert(suspect.from).second)
      membership_queue_.add(suspect.node, encode(suspect));
    return;
  }
  if (member->state != Liveness::alive) return;
  if (is_self(suspect.node)) {
    refute(suspect.incarnation);
    options_.logger.warn(fmt::format("Refuting a suspect message (from: {})", suspect.from));
    return;
  }
  membership_queue_.add(suspect.node, encode(suspect));
  member->incarnation = suspect.incarnation;
  set_state(*member, Liveness::suspect, now);
  suspicions_.emplace(suspect.node, Suspicion{.times = suspicion_times(members_.size()),
                                              .start = now,
                                              .incarnation = suspect.incarnation,
                                              .accusers = {suspect.from}});
}

void Membership::on_dead(const Dead& dead, SteadyTime now) {
  Member* member = find_mutable(dead.node);
  if (member == nullptr || dead.incarnation < member->incarnation) return;
  if (!is_plausible(dead.node, dead.incarnation) || !is_plausible_accuser(dead.from)) return;
  suspicions_.erase(dead.node);
  refusals_.erase(dead.node);
  if (!member->is_here()) return;
  if (is_self(dead.node) && !leaving_) {
    refute(dead.incarnation);
    options_.logger.warn(fmt::format("Refuting a dead message (from: {})", dead.from));
    return;
  }
  membership_queue_.add(dead.node, encode(dead));
  member->incarnation = dead.incarnation;
  set_state(*member, dead.node == dead.from ? Liveness::left : Liveness::dead, now);
  host_.on_leave(member->name);
}

PushPull Membership::local_state(bool join, std::string user_state) const {
  PushPull out{.join = join, .user_state = std::move(user_state)};
  for (const auto& member : members_)
    out.nodes.push_back({member->name, member->address, member->meta, member->incarnation,
                         member->state, member->versions});
  return out;
}

// Every node's current versions have to lie in what all living nodes understand.
Result<void> Membership::check_versions(const PushPull& remote) const {
  struct Range {
    std::string_view what;
    size_t index;  // Of minimum, maximum and current in the versions.
    unsigned min = 0;
    unsigned max = 255;
  };
  for (Range range : {Range{"protocol", 0}, Range{"delegate protocol", 3}}) {
    const auto narrow = [&](std::string_view versions) {
      range.min = std::max(range.min, version(versions, range.index));
      range.max = std::min(range.max, version(versions, range.index + 1));
    };
    const auto check = [&](std::string_view name, std::string_view versions) -> Result<void> {
      const unsigned current = version(versions, range.index + 2);
      if (current >= range.min && current <= range.max) return {};
      return fail(fmt::format("Node '{}' {} version ({}) is incompatible: [{}, {}]", name,
                              range.what, current, range.min, range.max),
                  ErrorKind::invalid);
    };
    for (const PushPullNode& node : remote.nodes)
      if (node.state == Liveness::alive) narrow(node.versions);
    for (const auto& member : members_)
      if (member->state == Liveness::alive) narrow(member->versions);
    for (const PushPullNode& node : remote.nodes) TRY(check(node.name, node.versions));
    for (const auto& member : members_) TRY(check(member->name, member->versions));
  }
  return {};
}

Result<void> Membership::merge(const PushPull& remote, SteadyTime now) {
  TRY(check_versions(remote));
  for (const PushPullNode& node : remote.nodes) {
    switch (node.state) {
      case Liveness::alive:
        on_alive({node.incarnation, node.name, node.address, node.meta, node.versions}, now);
        break;
      case Liveness::left:
        on_dead({node.incarnation, node.name, node.name}, now);
        break;
      // Dead only by hearsay: the accused gets the chance to defend itself.
      case Liveness::dead:
      case Liveness::suspect:
        on_suspect({node.incarnation, node.name, options_.name}, now);
        break;
    }
  }
  return {};
}

void Membership::leave(SteadyTime now, std::function<void()> told) {
  leaving_ = true;
  const bool alone = alive_count() <= 1;
  on_dead({incarnation_, options_.name, options_.name}, now);
  if (alone) return told();
  // The same goodbye again, this time with somebody waiting for it.
  membership_queue_.add(options_.name, encode(Dead{incarnation_, options_.name, options_.name}),
                        std::move(told));
}

}  // namespace alloy::cluster
