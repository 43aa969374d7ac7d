// What /metrics says about the configuration: alloy_config_*.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/metrics.h"

namespace alloy::runtime {

class ConfigMetrics {
  MetricRegistry registry_;  // Before the references into it.

 public:
  explicit ConfigMetrics(std::string cluster_name);

  // A configuration with this hash was tried; only reading and parsing count as success.
  void tried(const std::string& sha256, bool is_success, WallTime now);
  void collect(MetricSink& out) const { registry_.collect(out); }

 private:
  std::string cluster_name_;
  MetricLabels hash_labels_;
  Gauge& successful_;
  Gauge& success_time_;
  Counter& failures_;
};

}  // namespace alloy::runtime
