// How the service changes its role so that work changes hands without gaps or doubles: it tells the
// others beforehand, and goes only when they have taken over.
#include <boost/asio/co_spawn.hpp>

#include "services/cluster_service.h"
#include "services/told.h"

namespace alloy {
namespace {

using cluster::NodeRole;
using cluster::Rejection;

// A node that waits longer for its first join starts alone.
constexpr Duration first_join_max = 5s;
// After that long the others know of the newcomer, and have got over the change.
constexpr Duration settling_time = 1200ms;
// How long to wait for somebody to take note of an announcement.
constexpr Duration announcement_timeout = 600ms;
// How often it is said, if not everybody takes note.
constexpr int announcement_attempts = 3;
// In larger clusters changes are left to gossip.
constexpr size_t announced_to_max = 250;
// Others may run their last moments a bit late.
constexpr Duration handed_over_margin = 50ms;

}  // namespace

std::vector<cluster::Peer> ClusterService::others() const {
  std::vector<cluster::Peer> peers = node_->peers();
  std::erase_if(peers, [](const cluster::Peer& peer) { return peer.is_self; });
  return peers;
}

Task<> ClusterService::take_part(StopToken stop) {
  if (options_.is_enabled) {
    if (co_await joined_.wait(stop, first_join_max) == Wake::stopped) co_return;
    if (!others().empty() && co_await clock_.sleep(settling_time, stop) == Wake::stopped) co_return;
    co_await announce(NodeRole::participant);
  }
  co_await change_role(NodeRole::participant);
}

Task<> ClusterService::change_role(NodeRole to) {
  logger_.debug("changing node state", {{"from", name_of(node_->role())}, {"to", name_of(to)}});
  Told told;
  if (const auto changed = node_->change_role(to, told.callback()); !changed) {
    logger_.error(to == NodeRole::terminating ? "failed to change state to Terminating"
                                              : "failed to change state to Participant",
                  {{"err", changed.error()}});
    co_return;
  }
  if (others().size() <= announced_to_max) node_->tell_role();
  wake();
  co_await told.event->wait(StopToken{}, cluster::leave_timeout);
}

Task<> ClusterService::say_goodbye() {
  if (node_->role() == NodeRole::participant) co_await announce(NodeRole::terminating);
  const auto until = next_step_;
  co_await change_role(NodeRole::terminating);
  if (until) co_await sleep_for(*until + handed_over_margin - clock_.wall(), StopToken{});
  Told told;
  node_->leave(told.callback());
  wake();
  co_await told.event->wait(StopToken{}, cluster::leave_timeout);
}

// Our own role will change: everybody is told from when on. Who doesn't take note in time would go
// on as before, so the moment is put off until everybody has.
Task<> ClusterService::announce(NodeRole role) {
  const auto peers = others();
  if (peers.empty() || peers.size() > announced_to_max) co_return;
  for (int attempt = 1; attempt <= announcement_attempts; ++attempt) {
    const WallTime now = clock_.wall();
    const cluster::Announcement announcement{
        .node = options_.node_name,
        .role = role,
        .at_ms = to_unix_milliseconds(now + cluster::announcement_lead),
        .in_ms = cluster::announcement_lead / std::chrono::milliseconds(1)};
    const std::string body = cluster::label_header(options_.cluster_name) + encode(announcement);
    unannounced_.clear();
    is_everybody_told_ = true;
    TaskGroup telling(strand_, TaskGroup::Strands::shared);
    for (const cluster::Peer& peer : peers) telling.spawn(announce_to(peer, body));
    co_await telling.join();
    announcements_.add(announcement, now);
    if (is_everybody_told_) break;
  }
  update_view();
  is_urgent_ = true;
  peers_changed_.notify();
}

Task<> ClusterService::announce_to(cluster::Peer peer, std::string body) {
  const auto known = co_await transport_.say(peer.address, cluster::OwnKind::announcement,
                                             std::move(body), announcement_timeout);
  if (known && !*known) unannounced_.insert(peer.name);
  if (known) co_return;
  // Where nobody listens nobody goes on.
  if (known.error().kind() != ErrorKind::not_found) is_everybody_told_ = false;
  logger_.debug("failed to announce a change", {{"peer", peer.name}, {"err", known.error()}});
}

Result<void> ClusterService::on_announcement(std::string_view content) {
  const auto announcement = cluster::decode_announcement(content);
  if (!announcement) {
    rejections_->count(Rejection::malformed);
    return std::unexpected(announcement.error());
  }
  const bool is_replayed = announcements_.is_replayed(*announcement);
  // Nobody else decides about us.
  if (announcement->node == options_.node_name ||
      !announcements_.add(*announcement, clock_.wall())) {
    rejections_->count(is_replayed ? Rejection::replayed : Rejection::implausible);
    return fail(is_replayed ? "replayed announcement" : "implausible announcement",
                ErrorKind::invalid);
  }
  update_view();
  is_urgent_ = true;
  peers_changed_.notify();
  return {};
}

}  // namespace alloy
