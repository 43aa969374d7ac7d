// Fan-out of batches.
#include "signals/metrics_receiver.h"

#include <chrono>

namespace alloy {

MetricsFanout::MetricsFanout(MetricRegistry& metrics)
    : forwarded_(metrics.counter("prometheus_forwarded_samples_total",
                                 "Total number of samples sent to downstream components.")),
      latency_(metrics.histogram("prometheus_fanout_latency",
                                 "Write latency for sending to direct and indirect components",
                                 {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60})),
      receivers_(std::make_shared<const std::vector<MetricsReceiverPointer>>()) {}

void MetricsFanout::set_receivers(std::vector<MetricsReceiverPointer> receivers) {
  std::erase(receivers, nullptr);
  auto next = std::make_shared<const std::vector<MetricsReceiverPointer>>(std::move(receivers));
  const std::lock_guard lock(mutex_);
  receivers_ = std::move(next);
}

Result<void> MetricsFanout::receive(const MetricBatch& batch) {
  if (observer_) observer_(batch);
  Receivers receivers;
  {
    const std::lock_guard lock(mutex_);
    receivers = receivers_;
  }
  if (receivers->empty()) return {};
  const auto start = std::chrono::steady_clock::now();
  std::string errors;
  for (const auto& receiver : *receivers) {
    if (const auto result = receiver->receive(batch); !result) {
      if (!errors.empty()) errors += "\n";
      errors += result.error().message();
    }
  }
  forwarded_.add(static_cast<double>(batch.samples.size() + batch.histograms.size()));
  latency_.observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  if (!errors.empty()) return fail(std::move(errors));
  return {};
}

}  // namespace alloy
