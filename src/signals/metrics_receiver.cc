// Fan-out of batches.
#include "signals/metrics_receiver.h"

#include <chrono>

namespace alloy {
namespace {

// The real program gives each receiver numbers of its own for the same series, and says how many it
// keeps. Here a series is the same object for everybody.
void collect_mappings(MetricFamilies& out) {
  using enum MetricType;
  const auto add = [&out](const char* name, const char* help, MetricType type) {
    out[name] = {.name = name, .help = help, .type = type, .samples = {{name, {}, 0}}};
  };
  add("alloy_fanout_mapping_store_mappings_total",
      "Series that have numbers of their own at several receivers.", gauge);
  add("alloy_fanout_mapping_store_refs_cleaned_total", "Such numbers that were given up.", counter);
  add("alloy_fanout_mapping_store_tracked_refs_total", "Such numbers in use.", gauge);
  add("alloy_fanout_mapping_store_unique_refs_created_total", "Such numbers made so far.", counter);
}

}  // namespace

MetricsFanout::MetricsFanout(MetricRegistry& metrics)
    : forwarded_(metrics.counter("prometheus_forwarded_samples_total",
                                 "Total number of samples sent to downstream components.")),
      latency_(metrics.histogram("prometheus_fanout_latency",
                                 "Write latency for sending to direct and indirect components",
                                 {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60})),
      receivers_(std::make_shared<const std::vector<MetricsReceiverPointer>>()) {
  metrics.collector(collect_mappings);
}

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
