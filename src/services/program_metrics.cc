#include "services/program_metrics.h"

#include "services/process_metrics.h"

namespace alloy {

ProgramMetrics::ProgramMetrics(const BuildLabels& b) {
  registry_
      .gauge("alloy_build_info",
             "A metric with a constant '1' value that says which build is running.",
             {{"branch", b.branch},
              {"goarch", b.goarch},
              {"goos", b.goos},
              {"goversion", b.goversion},
              {"revision", b.revision},
              {"tags", b.tags},
              {"version", b.version}})
      .set(1);
  registry_.collector(collect_process_metrics);
}

void ProgramMetrics::add_source(std::function<void(MetricSink&)> collect) {
  std::lock_guard lock(mutex_);
  sources_.push_back(std::move(collect));
}

MetricFamilies ProgramMetrics::collect() const {
  MetricFamilies families;
  MetricFamiliesSink sink(families);
  write(sink);
  return families;
}

void ProgramMetrics::write(MetricSink& sink) const {
  registry_.collect(sink);
  std::lock_guard lock(mutex_);
  for (const auto& source : sources_) source(sink);
}

}  // namespace alloy
