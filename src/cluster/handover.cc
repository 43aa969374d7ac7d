#include "cluster/handover.h"

#include <algorithm>
#include <set>

#include "cluster/limits.h"
#include "cluster/msgpack.h"

namespace alloy::cluster {
namespace {

using std::chrono::milliseconds;

// Further away than this no change is announced.
constexpr Duration lead_max = 10s;
// Clocks that differ by less are taken for the same time.
constexpr Duration clock_difference_max = 1s;
// More nodes are never about to change at once; anybody can send announcements.
constexpr size_t pending_max = 1000;
// What is remembered against replays, for longer.
constexpr size_t latest_max = 2 * members_max;
// How long an announcement is kept that the node's role doesn't confirm.
constexpr Duration confirmation_max = 10s;

}  // namespace

std::string encode(const Announcement& announcement) {
  std::string out;
  MsgpackWriter writer(out);
  writer.map(4);
  writer.raw("AtMs");
  writer.signed_integer(announcement.at_ms);
  writer.raw("InMs");
  writer.signed_integer(announcement.in_ms);
  writer.raw("Node");
  writer.raw(announcement.node);
  writer.raw("Role");
  writer.unsigned_integer(static_cast<uint64_t>(announcement.role));
  return out;
}

Result<Announcement> decode_announcement(std::string_view body) {
  MsgpackReader reader(body);
  Announcement out;
  const auto header = reader.map_or_array();
  if (!header.is_map) reader.reject();
  for (size_t i = 0; i < header.count && reader.ok(); ++i) {
    const std::string name = reader.raw();
    if (name == "AtMs")
      out.at_ms = reader.signed_integer();
    else if (name == "InMs")
      out.in_ms = reader.signed_integer();
    else if (name == "Node")
      out.node = reader.raw();
    else if (name == "Role")
      out.role = static_cast<NodeRole>(
          reader.unsigned_integer(static_cast<uint64_t>(NodeRole::terminating)));
    else
      reader.skip();
  }
  if (!reader.ok()) return fail("malformed announcement", ErrorKind::invalid);
  return out;
}

bool Announcements::is_replayed(const Announcement& announcement) const {
  const auto latest = latest_.find(announcement.node);
  return latest != latest_.end() && announcement.at_ms <= latest->second;
}

bool Announcements::add(const Announcement& announcement, WallTime now) {
  if (announcement.role == NodeRole::viewer || announcement.in_ms < 0 || announcement.at_ms < 0 ||
      announcement.at_ms > to_unix_milliseconds(WallTime::max()) ||
      announcement.in_ms > lead_max / milliseconds(1) || pending_.size() >= pending_max ||
      announcement.node.empty() || announcement.node.size() > name_bytes_max ||
      is_replayed(announcement))
    return false;
  if (latest_.size() >= latest_max) latest_.clear();
  latest_.insert_or_assign(announcement.node, announcement.at_ms);
  const WallTime by_distance =
      std::chrono::floor<milliseconds>(now) + milliseconds(announcement.in_ms);
  WallTime at = by_distance;
  if (std::abs(announcement.at_ms - to_unix_milliseconds(by_distance)) <=
      clock_difference_max / milliseconds(1))
    at = WallTime(milliseconds(announcement.at_ms));
  pending_.insert_or_assign(announcement.node, Pending{announcement.role, at});
  return true;
}

void Announcements::forget_past(std::span<const Peer> peers, WallTime now) {
  std::erase_if(pending_, [&](const auto& entry) {
    const auto peer = std::ranges::find(peers, entry.first, &Peer::name);
    const Pending& pending = entry.second;
    if (now < pending.at) return false;
    return peer == peers.end() || peer->role == pending.role ||
           now >= pending.at + confirmation_max;
  });
}

bool Announcements::takes_part(const Peer& peer, WallTime when) const {
  const auto at = pending_.find(peer.name);
  if (at == pending_.end()) return peer.role == NodeRole::participant;
  const bool counts = when >= at->second.at;
  return counts == (at->second.role == NodeRole::participant);
}

std::vector<Announcements::Step> Announcements::timeline(std::span<const Peer> peers,
                                                         WallTime now) const {
  std::set<WallTime> moments = {now};
  for (const auto& [node, pending] : pending_)
    if (pending.at > now) moments.insert(pending.at);
  std::vector<Step> steps;
  for (const WallTime moment : moments) {
    Step step{.from = moment, .participants = {}};
    for (const Peer& peer : peers)
      if (takes_part(peer, moment)) step.participants.push_back(peer.name);
    if (steps.empty() || steps.back().participants != step.participants)
      steps.push_back(std::move(step));
  }
  return steps;
}

}  // namespace alloy::cluster
