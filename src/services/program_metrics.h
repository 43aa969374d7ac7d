// The metrics of the whole program: what is counted once (build, process, machine), and what
// everybody else adds.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "services/self_metrics.h"

namespace alloy {

// Labels of alloy_build_info.
struct BuildLabels {
  std::string branch;
  std::string goarch;
  std::string goos;
  std::string goversion;
  std::string revision;
  std::string tags;
  std::string version;
};

class ProgramMetrics final : public SelfMetrics {
 public:
  explicit ProgramMetrics(const BuildLabels& build);

  // For what belongs to no component.
  MetricRegistry& registry() { return registry_; }
  // `collect` adds its families whenever somebody looks; it must be safe on any thread.
  void add_source(std::function<void(MetricSink&)> collect);

  MetricFamilies collect() const override;
  void write(MetricSink& sink) const override;

 private:
  MetricRegistry registry_;
  mutable std::mutex mutex_;  // Guards everything below.
  std::vector<std::function<void(MetricSink&)>> sources_;
};

}  // namespace alloy
