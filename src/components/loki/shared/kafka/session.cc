#include "components/loki/shared/kafka/session.h"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>

namespace alloy::loki::kafka {
namespace {

constexpr size_t pending_entries_max = 8192;
constexpr size_t pending_bytes_max = 8 << 20;
constexpr int events_at_once = 1024;
// How long what is pending may be full before Kafka is told to send nothing.
constexpr Duration full_patience = 3s;
constexpr Duration poll_interval = 1s;
constexpr Duration topics_interval = 30s;
constexpr Duration topics_retry_interval = 5s;
constexpr Duration close_patience = 5s;

SeriesStore& store_of(const Options& options) {
  auto* store = options.services.find<SeriesStore>();
  ASSERT(store != nullptr);
  return *store;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string text;
  for (const std::string& one : texts) text += (text.empty() ? "[" : " ") + one;
  return text.empty() ? "[]" : text + "]";
}

// In a pool for what blocks.
struct Open {
  ConsumerOptions options;
  Result<std::shared_ptr<Consumer>> operator()() const { return Consumer::open(options); }
};

}  // namespace

Session::Session(const Options& options, Source::Report report,
                 std::shared_ptr<Forwarder> forwarder,
                 std::shared_ptr<const SourceSettings> settings)
    : options_(options),
      report_(std::move(report)),
      forwarder_(std::move(forwarder)),
      settings_(std::move(settings)),
      store_(store_of(options)),
      dropped_(options.metrics.counter(
          "loki_source_kafka_dropped_messages_total",
          "Total number of messages dropped, by reason: of partitions without labels",
          {{"reason", "no_labels"}})),
      filter_(*TopicFilter::create(settings_->topics)) {}

Session::~Session() = default;

Task<Result<>> Session::run(StopToken stop) {
  ConsumerOptions options{.settings = settings_->consumer,
                          .wants_tokens = static_cast<bool>(settings_->get_token),
                          .wake = [wake = wake_] { wake->notify(); },
                          .log =
                              [logger = options_.logger](int level, std::string_view text) {
                                if (level <= 4) logger.warn(text);
                                if (level > 4) logger.debug(text);
                              }};
  options.settings.emplace_back("group.id", settings_->group_id);
  const auto opened = co_await run_blocking(options_.executor.blocking(), Open{std::move(options)});
  if (!opened) co_return std::unexpected(opened.error());
  consumer_ = *opened;
  report_(HealthState::healthy, "consumer is running");
  TaskGroup tasks(options_.strand, TaskGroup::Strands::shared);
  tasks.spawn(poll(stop));
  tasks.spawn(deliver(stop));
  tasks.spawn(follow_topics(stop));
  co_await tasks.join();
  co_await close();
  co_await run_blocking(options_.executor.blocking(),
                        [consumer = std::exchange(consumer_, {})]() mutable {
                          consumer.reset();
                          return 0;
                        });
  co_return Result<>();
}

Task<> Session::follow_topics(StopToken stop) {
  std::optional<std::vector<std::string>> current;
  while (!stop.stop_requested()) {
    const auto topics = co_await run_blocking(
        options_.executor.blocking(), [consumer = consumer_] { return consumer->topics(); });
    if (stop.stop_requested()) break;
    if (!topics) {
      options_.logger.warn("failed to fetch topics", {{"err", topics.error()}});
    } else if (auto picked = filter_.pick(*topics); picked != current) {
      options_.logger.info("new topics received", {{"topics", joined(picked)}});
      const auto subscribed = consumer_->subscribe(picked);
      if (!subscribed) options_.logger.error("subscribing failed", {{"err", subscribed.error()}});
      if (subscribed) current = std::move(picked);
    }
    co_await options_.clock.sleep(current ? topics_interval : topics_retry_interval, stop);
  }
}

bool Session::is_full() const {
  return pending_->builder.entries().size() >= pending_entries_max ||
         pending_->bytes >= pending_bytes_max;
}

Task<> Session::poll(StopToken stop) {
  const auto executor = co_await boost::asio::this_coro::executor;
  int events = 0;
  while (!stop.stop_requested()) {
    if (is_full() && !is_paused_) {
      if (co_await room_.wait(stop, full_patience) == Wake::elapsed && is_full()) set_paused(true);
      continue;
    }
    if (is_paused_ && !is_full()) set_paused(false);
    auto event = consumer_->poll();
    if (event) co_await handle(*std::move(event), stop);
    if (!pending_->reached.empty() && (!event || events >= events_at_once)) ready_.notify();
    if (!event) {
      co_await wake_->wait(stop, poll_interval);
    } else if (++events > events_at_once) {
      co_await boost::asio::post(executor, boost::asio::use_awaitable);
    }
    if (!event || events > events_at_once) events = 0;
  }
}

Partitions Session::owned_partitions() const {
  Partitions partitions;
  for (const auto& [partition, owned] : owned_) partitions.push_back(partition);
  return partitions;
}

// Members of a group that hold up a rebalance stop everybody: so the consumer is polled while
// nobody takes messages, only that none come.
void Session::set_paused(bool is_paused) {
  is_paused_ = is_paused;
  if (is_paused) {
    consumer_->pause(owned_partitions());
  } else {
    consumer_->resume(owned_partitions());
  }
}

Task<> Session::deliver(StopToken stop) {
  while (!stop.stop_requested()) {
    if (pending_->reached.empty()) {
      co_await ready_.wait(stop);
      continue;
    }
    const auto batch = std::exchange(pending_, std::make_shared<Batch>());
    is_delivering_ = true;
    room_.notify();
    const auto gone = co_await Forwarder::deliver(forwarder_, batch->builder.entries(), batch,
                                                  Duration::max(), stop);
    is_delivering_ = false;
    delivered_.notify();
    if (!gone) break;
    for (const Reached& reached : batch->reached) {
      const auto owned = owned_.find(reached.partition);
      if (owned != owned_.end() && owned->second.assignment == reached.assignment)
        committable_[reached.partition] = reached.next_offset;
    }
    commit();
  }
}

void Session::commit() {
  if (is_committing_ || committable_.empty()) return;
  is_committing_ = true;
  committing_ = std::exchange(committable_, {});
  consumer_->commit(committing_);
}

// Leaves the group properly, so that the others need not wait until they miss us.
Task<> Session::close() {
  consumer_->close();
  const SteadyTime deadline = real_clock().steady() + close_patience;
  while (!consumer_->is_closed() && real_clock().steady() < deadline) {
    auto event = consumer_->poll();
    if (!event) {
      co_await wake_->wait({}, 50ms);
      continue;
    }
    if (auto* revoked = std::get_if<Revoked>(&*event)) co_await take_back(revoked->partitions);
    if (auto* assigned = std::get_if<Assigned>(&*event))
      (void)consumer_->accept(assigned->partitions);
    if (auto* committed = std::get_if<Committed>(&*event)) take(*committed);
  }
}

}  // namespace alloy::loki::kafka
