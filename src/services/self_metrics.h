// Every metric the program has about itself: what /metrics and prometheus.exporter.self show.
#pragma once

#include <functional>
#include <mutex>
#include <vector>

#include "base/metrics.h"

namespace alloy {

class SelfMetrics {
 public:
  virtual ~SelfMetrics() = default;
  // From any thread; quick.
  virtual MetricFamilies collect() const = 0;
  // The same without keeping them.
  virtual void write(MetricSink& sink) const { sink.add(collect()); }
};

}  // namespace alloy
