// Who ended without a word: its connections break and nobody listens at its address any more.
// Probing finds that out too, but must give time to answers that are merely late.
#include <fmt/format.h>

#include "cluster/membership.h"

namespace alloy::cluster {
namespace {

// How many refusals it takes, spread over refusal_timeout.
constexpr int refusals_wanted = 3;
// After that long without another refusal somebody listens again (or the network swallows it).
constexpr Duration refusal_expiry = 4 * refusal_interval;

}  // namespace

Member* Membership::member_at(const Address& address) {
  for (const auto& member : members_)
    if (member->address == address && member->is_here() && !is_self(member->name))
      return member.get();
  return nullptr;
}

// A ping that is no probe: its answer counts, its absence doesn't.
void Membership::ping_aside(const Member& member, uint32_t sequence) {
  send(member.address, encode(Ping{sequence, member.name, options_.address, options_.name}));
}

void Membership::on_connection_lost(const Address& address) {
  const Member* member = member_at(address);
  if (member == nullptr || refusals_.contains(member->name)) return;
  // Nobody may be listening: the transport will tell when it connects again.
  ping_aside(*member, ++sequence_);
}

void Membership::on_refused(const Address& address, SteadyTime now) {
  const Member* member = member_at(address);
  if (member == nullptr || leaving_) return;
  if (const auto at = refusals_.find(member->name); at != refusals_.end()) {
    at->second.latest = now;
    ++at->second.count;
    return;
  }
  const uint32_t sequence = ++sequence_;
  refusals_.emplace(
      member->name,
      Refusal{
          .sequence = sequence, .first = now, .latest = now, .next_ping = now + refusal_interval});
  // The trouble may be ours alone: others try, too, and an answer through them counts.
  const auto helpers = random_members(indirect_checks, [&](const Member& candidate) {
    return !is_self(candidate.name) && candidate.name != member->name &&
           candidate.state == Liveness::alive;
  });
  for (const Member* helper : helpers)
    send(helper->address, encode(IndirectPing{sequence, member->address, member->name, false,
                                              options_.address, options_.name}));
}

void Membership::pursue_refusals(SteadyTime now) {
  std::vector<std::string> due;
  for (const auto& [name, refusal] : refusals_)
    if (refusal.next_ping <= now) due.push_back(name);
  for (const std::string& name : due) {
    Refusal& refusal = refusals_.at(name);
    const Member* member = find(name);
    if (member == nullptr || !member->is_here() || now - refusal.latest > refusal_expiry) {
      refusals_.erase(name);
      continue;
    }
    if (now - refusal.first >= refusal_timeout && refusal.count >= refusals_wanted) {
      options_.logger.info(fmt::format("Marking {} as failed, connections are refused", name));
      on_dead({member->incarnation, name, options_.name}, now);
      continue;
    }
    refusal.next_ping = now + refusal_interval;
    ping_aside(*member, refusal.sequence);
    if (std::exchange(refusal.is_suspected, true)) continue;
    // Whoever still hears of it can object.
    options_.logger.info(fmt::format("Suspect {} has failed, connections are refused", name));
    on_suspect({member->incarnation, name, options_.name}, now);
  }
}

}  // namespace alloy::cluster
