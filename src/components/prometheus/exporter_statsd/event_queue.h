// What stands between listeners and metrics: events are gathered, and handed over in batches.
#pragma once

#include <deque>
#include <mutex>

#include "base/task.h"
#include "components/prometheus/exporter_statsd/metric_store.h"

namespace alloy::prometheus::exporter_statsd {

struct EventQueueOptions {
  size_t batches_max = 10'000;
  size_t flush_threshold = 1000;
  Duration flush_interval = 200ms;
};

class EventQueue {
 public:
  EventQueue(EventQueueOptions options, MetricStore& store, SelfCounters& counters)
      : options_(options), store_(store), counters_(counters) {}

  // Waits as long as the queue is full. From any strand.
  Task<> add(Events events, StopToken stop);
  // Hands over until asked to stop, and then what is left.
  Task<> run(StopToken stop);

 private:
  void flush();
  void hand_over();
  bool is_full();

  const EventQueueOptions options_;
  MetricStore& store_;
  SelfCounters& counters_;
  alloy::Event changed_;
  std::mutex mutex_;  // Guards everything below.
  Events pending_;
  std::deque<Events> batches_;
};

}  // namespace alloy::prometheus::exporter_statsd
