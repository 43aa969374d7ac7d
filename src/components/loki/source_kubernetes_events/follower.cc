#include "components/loki/source_kubernetes_events/follower.h"

#include <charconv>
#include <set>

#include "signals/log_batch_builder.h"

namespace alloy::loki::source_kubernetes_events {
namespace {

// While so many events wait for the receivers, no more are read.
constexpr size_t waiting_max = 1000;
constexpr int64_t nanoseconds_a_microsecond = 1000;

int64_t number_of(const std::optional<std::string>& text) {
  int64_t number = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), number);
  return number;
}

}  // namespace

// Entries and the memory that they lie in.
struct Follower::Batch {
  LogBatchBuilder builder;
  int64_t last_us = 0;
};

PositionKey Follower::position_key(std::string_view name_space) {
  return {name_space.empty() ? "cursor-events" : fmt::format("cursor-events-{}", name_space), ""};
}

Follower::Follower(FollowerEnvironment environment, std::shared_ptr<kubernetes::ApiClient> client,
                   std::string name_space, Spelling spelling)
    : environment_(std::move(environment)),
      client_(std::move(client)),
      name_space_(std::move(name_space)),
      spelling_(std::move(spelling)),
      key_(position_key(name_space_)),
      begin_us_(number_of(environment_.positions->get(key_))),
      last_us_(begin_us_) {}

Task<> Follower::run(StopToken stop) {
  environment_.logger.info("watching events for namespace", {{"namespace", name_space_}});
  kubernetes::Informer informer(
      {.client = client_->http(),
       .url = client_->url(),
       .type = event_type,
       .name_space = name_space_,
       .selectors = {},
       .clock = environment_.clock,
       .on_changes = [this](kubernetes::ObjectChanges changes) { take(std::move(changes)); },
       .on_failure =
           [this](const Error& error) {
             environment_.logger.warn("failed to list or watch events",
                                      {{"namespace", name_space_}, {"err", error}});
           },
       .throttle = throttle_});
  TaskGroup tasks(co_await boost::asio::this_coro::executor, TaskGroup::Strands::shared);
  tasks.spawn(informer.run(stop));
  co_await hand_on(stop);
  throttle_->open();
  co_await tasks.join();
  environment_.logger.info("stopping watcher for events", {{"namespace", name_space_}});
}

// From any thread.
void Follower::take(kubernetes::ObjectChanges changes) {
  {
    const std::lock_guard lock(mutex_);
    waiting_ += changes.changes.size();
    if (waiting_ >= waiting_max) throttle_->close();
    news_.push_back(std::move(changes));
  }
  has_news_.notify();
}

Task<> Follower::hand_on(StopToken stop) {
  while (co_await has_news_.wait(stop) == Wake::notified) {
    std::vector<kubernetes::ObjectChanges> news;
    {
      const std::lock_guard lock(mutex_);
      news.swap(news_);
      waiting_ = 0;
    }
    for (kubernetes::ObjectChanges& changes : news) {
      const auto batch = make_batch(std::move(changes));
      const auto delivered = co_await Forwarder::deliver(
          environment_.forwarder, batch->builder.entries(), batch, Duration::max(), stop);
      if (!delivered) co_return;
      if (batch->last_us <= last_us_) continue;
      last_us_ = batch->last_us;
      environment_.positions->put(key_, std::to_string(last_us_));
    }
    throttle_->open();
  }
}

// Events that are new, or have changed. A list that comes again brings those that we know.
std::vector<std::shared_ptr<const ClusterEvent>> Follower::unseen(
    kubernetes::ObjectChanges changes) {
  if (changes.is_complete) {
    std::set<std::string_view> present;
    for (const auto& change : changes.changes) present.insert(change.key);
    std::erase_if(known_, [&](const auto& entry) { return !present.contains(entry.first); });
  }
  std::vector<std::shared_ptr<const ClusterEvent>> events;
  for (kubernetes::ObjectChange& change : changes.changes) {
    if (change.object == nullptr) {
      known_.erase(change.key);
      continue;
    }
    auto event = std::static_pointer_cast<const ClusterEvent>(std::move(change.object));
    std::string& known = known_[change.key];
    if (!known.empty() && known == event->version) continue;
    known = event->version;
    events.push_back(std::move(event));
  }
  return events;
}

std::shared_ptr<Follower::Batch> Follower::make_batch(kubernetes::ObjectChanges changes) {
  auto batch = std::make_shared<Batch>();
  for (const auto& event : unseen(std::move(changes))) {
    // The server keeps events for an hour: after a start, most of its list went out before.
    if (event->timestamp_ns <= begin_us_ * nanoseconds_a_microsecond) continue;
    add(*event, *batch);
  }
  return batch;
}

void Follower::add(const ClusterEvent& event, Batch& batch) {
  if (event.object_name.empty()) {
    environment_.metrics
        .counter("loki_source_kubernetes_events_dropped_total",
                 "Total number of events that could not become a line.",
                 {{"reason", "no_involved_object"}})
        .add();
    environment_.logger.error("error handling event",
                              {{"err", "no involved object for event"}, {"event", event.key()}});
    return;
  }
  const Label labels[] = {{"instance", spelling_.instance},
                          {"job", spelling_.job},
                          {"namespace", event.object_namespace}};
  batch.builder.entries().push_back(
      {.labels = batch.builder.hold(environment_.store.intern(labels)),
       .timestamp_ns = event.timestamp_ns,
       .line = batch.builder.keep(format_event(event, spelling_.format))});
  batch.last_us = std::max(batch.last_us, event.timestamp_ns / nanoseconds_a_microsecond);
}

}  // namespace alloy::loki::source_kubernetes_events
