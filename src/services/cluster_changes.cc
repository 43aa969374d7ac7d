// What the service makes of changes: the view that components see, and when they hear of it.
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "services/cluster_service.h"

namespace alloy {
namespace {

using cluster::NodeRole;

// How often components hear at most of changes that nobody announced, and the log of any.
constexpr Duration notify_interval = 1s;
// More names than this are cut short in the log.
constexpr size_t logged_names_max = 10;
// Rings are dear to make, and changes come in groups that need the same few.
constexpr size_t recent_rings_max = 4;

}  // namespace

// Runs on the strand, on each change of peers or roles.
void ClusterService::refresh() {
  are_peers_logged_ = false;
  update_view();
  peers_changed_.notify();
}

void ClusterService::update_view() {
  const SteadyTime start = clock_.steady();
  is_updating_ = true;
  Snapshot next;
  next.peers = node_->peers();
  const auto taking_part = static_cast<size_t>(std::ranges::count_if(
      next.peers, [](const cluster::Peer& peer) { return peer.role != NodeRole::viewer; }));
  log_size_change(minimum_size_.update(taking_part, clock_.steady()), taking_part);
  next.is_large_enough = minimum_size_.is_ready();
  next.view = make_view(next.peers);
  next.role = node_->role();
  {
    std::lock_guard lock(mutex_);
    has_work_moved_ |= next.view->is_ready != snapshot_.view->is_ready ||
                       next.view->ring.names() != snapshot_.view->ring.names();
    snapshot_ = std::move(next);
  }
  take_counts();
  is_updating_ = false;
  if (update_duration_ != nullptr)
    update_duration_->observe(std::chrono::duration<double>(clock_.steady() - start).count());
}

std::shared_ptr<const ClusterView> ClusterService::make_view(
    const std::vector<cluster::Peer>& peers) {
  const WallTime now = clock_.wall();
  announcements_.forget_past(peers, now);
  const auto timeline = announcements_.timeline(peers, now);
  const auto& taking_part = timeline.front().participants;
  if (!options_.is_enabled || std::ranges::binary_search(taking_part, options_.node_name))
    has_begun_ = true;
  // Before we take part, nobody's work is not ours: others may just not have been found yet.
  const bool is_ready = minimum_size_.is_ready() && (has_begun_ || !taking_part.empty());
  auto view = std::make_shared<ClusterView>(ClusterView{.ring = ring_of(taking_part),
                                                        .self = options_.node_name,
                                                        .is_ready = is_ready,
                                                        .unannounced = unannounced_});
  for (size_t i = 1; i < timeline.size(); ++i)
    view->steps.push_back({timeline[i].from, ring_of(timeline[i].participants)});
  // In a large cluster each takes a megabyte.
  if (view->steps.empty()) recent_rings_.assign(1, view->ring);
  next_step_ = timeline.size() > 1 ? std::optional(timeline[1].from) : std::nullopt;
  return view;
}

cluster::Ring ClusterService::ring_of(const std::vector<std::string>& names) {
  const auto known = std::ranges::find(recent_rings_, names, &cluster::Ring::names);
  if (known != recent_rings_.end()) return *known;
  if (recent_rings_.size() == recent_rings_max) recent_rings_.erase(recent_rings_.begin());
  return recent_rings_.emplace_back(names);
}

void ClusterService::take_counts() {
  std::lock_guard lock(mutex_);
  snapshot_.events = node_->received_events();
  snapshot_.rebroadcasts = node_->rebroadcasts();
  snapshot_.health_score = node_->membership().health_score();
  snapshot_.alive = node_->membership().alive_count();
  snapshot_.lamport_time = node_->roles().lamport_time();
}

void ClusterService::log_size_change(cluster::MinimumSize::Change change, size_t nodes) {
  using Change = cluster::MinimumSize::Change;
  const std::initializer_list<LogField> fields = {{"minimum_cluster_size", options_.minimum_size},
                                                  {"peers_count", nodes}};
  switch (change) {
    case Change::none:
      return;
    case Change::reached:
      return logger_.info("minimum cluster size reached, marking cluster as ready to admit traffic",
                          fields);
    case Change::lost:
      return logger_.warn(
          "minimum cluster size requirements are not met - marking cluster as not ready for "
          "traffic",
          {{"minimum_cluster_size", options_.minimum_size},
           {"minimum_size_wait_timeout", options_.minimum_size_timeout},
           {"peers_count", nodes}});
    case Change::deadline_passed:
      return logger_.warn("deadline passed, marking cluster as ready to admit traffic",
                          {{"minimum_cluster_size", options_.minimum_size},
                           {"minimum_size_wait_timeout", options_.minimum_size_timeout},
                           {"peers_count", nodes}});
  }
}

std::string ClusterService::peer_names() const {
  std::vector<std::string> names;
  for (const cluster::Peer& peer : node_->peers()) names.push_back(peer.name);
  if (names.size() > logged_names_max) {
    const std::string last = names.back();
    names[logged_names_max - 1] = "...";
    names[logged_names_max] = last;
    names.resize(logged_names_max + 1);
  }
  return fmt::format("{}", fmt::join(names, ","));
}

void ClusterService::log_peers() {
  if (std::exchange(are_peers_logged_, true) || !options_.is_enabled) return;
  logger_.info("peers changed", {{"peers_count", node_->peers().size()},
                                 {"min_cluster_size", options_.minimum_size},
                                 {"peers", peer_names()}});
}

void ClusterService::notify_listeners() {
  std::lock_guard lock(listeners_mutex_);
  for (const Listener& listener : listeners_) listener.changed();
}

Task<> ClusterService::notify_loop(StopToken stop) {
  SteadyTime call_allowed{};  // When the listeners may be called again.
  SteadyTime log_allowed{};
  while (!stop.stop_requested()) {
    Duration wait = Duration::max();
    if (has_work_moved_) wait = call_allowed - clock_.steady();
    if (!are_peers_logged_) wait = std::min(wait, log_allowed - clock_.steady());
    if (const auto deadline = minimum_size_.deadline())
      wait = std::min(wait, *deadline - clock_.steady());
    if (next_step_) wait = std::min(wait, *next_step_ - clock_.wall());
    if (co_await peers_changed_.wait(stop, std::max(wait, Duration::zero())) == Wake::stopped)
      co_return;
    if (minimum_size_.deadline() && clock_.steady() >= *minimum_size_.deadline()) {
      refresh();  // The time to wait for enough nodes is over.
    } else if (next_step_ && clock_.wall() >= *next_step_) {
      update_view();
      is_urgent_ = true;
    }
    const SteadyTime now = clock_.steady();
    if (!are_peers_logged_ && now >= log_allowed) {
      log_peers();
      log_allowed = now + notify_interval;
    }
    // Nodes that come and go as viewers move nothing, and hold up nobody.
    const bool is_allowed = has_work_moved_ && now >= call_allowed;
    if (!is_urgent_ && !is_allowed) continue;
    if (!is_urgent_) call_allowed = now + notify_interval;
    has_work_moved_ = is_urgent_ = false;
    notify_listeners();
  }
}

}  // namespace alloy
