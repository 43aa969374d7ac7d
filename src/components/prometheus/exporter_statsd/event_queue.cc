#include "components/prometheus/exporter_statsd/event_queue.h"

#include <utility>

namespace alloy::prometheus::exporter_statsd {
namespace {

// How often a listener looks whether there is room again.
constexpr Duration full_pause = 5ms;

}  // namespace

bool EventQueue::is_full() {
  const std::lock_guard lock(mutex_);
  return batches_.size() >= options_.batches_max;
}

Task<> EventQueue::add(Events events, StopToken stop) {
  if (events.empty()) co_return;
  while (is_full() && !stop.stop_requested()) co_await sleep_for(full_pause, stop);
  {
    const std::lock_guard lock(mutex_);
    for (Event& event : events) {
      pending_.push_back(std::move(event));
      if (pending_.size() < options_.flush_threshold) continue;
      batches_.push_back(std::exchange(pending_, {}));
      counters_.flushes.add();
    }
  }
  changed_.notify();
}

void EventQueue::flush() {
  const std::lock_guard lock(mutex_);
  if (pending_.empty()) return;
  batches_.push_back(std::exchange(pending_, {}));
  counters_.flushes.add();
}

void EventQueue::hand_over() {
  while (true) {
    Events batch;
    {
      const std::lock_guard lock(mutex_);
      if (batches_.empty()) return;
      batch = std::move(batches_.front());
      batches_.pop_front();
    }
    for (Event& event : batch) store_.handle(event);
  }
}

Task<> EventQueue::run(StopToken stop) {
  // An idle queue sleeps; the first event starts the interval.
  while (co_await changed_.wait(stop) != Wake::stopped) {
    const SteadyTime due = real_clock().steady() + options_.flush_interval;
    Wake wake = Wake::notified;
    while (wake == Wake::notified) {
      hand_over();
      const Duration left = due - real_clock().steady();
      wake = left <= Duration::zero() ? Wake::elapsed : co_await changed_.wait(stop, left);
    }
    flush();
    hand_over();
    if (wake == Wake::stopped) co_return;
  }
  flush();
  hand_over();
}

}  // namespace alloy::prometheus::exporter_statsd
