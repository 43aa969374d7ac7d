// Shows the metrics that pass through a component to whoever watches it in the UI.
#pragma once

#include <memory>
#include <span>
#include <utility>

#include "component/component.h"
#include "services/live_debugging.h"
#include "signals/metric_batch.h"

namespace alloy::prometheus {

class LiveMetrics {
 public:
  // Shows nothing where the program runs without live debugging.
  LiveMetrics(const Options& options, const SeriesStore& store);

  // Free to ask.
  bool is_watched() const { return channel_ != nullptr && channel_->is_watched(); }

  // "sample: ts=..., labels={...}, value=..." for each sample.
  void show(const MetricBatch& batch) const;

  // What became of a series: null if it was dropped.
  using Change = std::pair<const Series*, const Series*>;
  // "{...} => {...}" for each change.
  void show_changes(std::span<const Change> changes) const;

 private:
  std::shared_ptr<LiveDebugging::Channel> channel_;
  const SeriesStore* store_;
};

}  // namespace alloy::prometheus
