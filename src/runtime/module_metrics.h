// What a module says about its own work: alloy_component_controller_* and the like.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "base/metrics.h"
#include "runtime/structure.h"

namespace alloy::runtime {

class ModuleMetrics {
  MetricLabels labels_;
  MetricRegistry registry_;  // Before the references into it.

 public:
  explicit ModuleMetrics(std::string_view module_id);

  Gauge& evaluating;
  Gauge& queue_size;
  Histogram& evaluation_seconds;
  Histogram& dependencies_wait_seconds;

  // Counts an evaluation that took a minute or longer.
  void add_slow(const std::string& component_id, double seconds);
  // Adds these metrics, and those that follow from the structure.
  void collect(const Structure& structure, MetricSink& out) const;
};

}  // namespace alloy::runtime
