#include "components/prometheus/remote_write/intake.h"

#include <algorithm>

namespace alloy::prometheus::remote_write {

Intake::Counters::Counters(MetricRegistry& own, MetricRegistry* program)
    : samples(own.counter("prometheus_remote_write_wal_samples_appended_total",
                          "The samples that were taken in.")),
      exemplars(own.counter("prometheus_remote_write_wal_exemplars_appended_total",
                            "The exemplars that were taken in.")),
      newest_timestamp(own.gauge("prometheus_remote_storage_highest_timestamp_in_seconds",
                                 "The newest timestamp that was taken in.")) {
  if (program == nullptr) return;
  samples_in = &program->counter("prometheus_remote_storage_samples_in_total",
                                 "The samples taken in by all prometheus.remote_write.");
  exemplars_in = &program->counter("prometheus_remote_storage_exemplars_in_total",
                                   "The exemplars taken in by all prometheus.remote_write.");
  histograms_in = &program->counter("prometheus_remote_storage_histograms_in_total",
                                    "The histograms taken in by all prometheus.remote_write.");
}

void Intake::Counters::add(const MetricBatch& batch) {
  const auto size = [](const auto& items) { return static_cast<double>(items.size()); };
  samples.add(size(batch.samples) + size(batch.histograms));
  exemplars.add(size(batch.exemplars));
  int64_t newest_ms = 0;
  for (const Sample& sample : batch.samples) newest_ms = std::max(newest_ms, sample.timestamp_ms);
  for (const auto& sample : batch.histograms) newest_ms = std::max(newest_ms, sample.timestamp_ms);
  const double newest = static_cast<double>(newest_ms) / 1000;
  // Two threads may race here; the next batch sets it right.
  if (newest > newest_timestamp.value()) newest_timestamp.set(newest);
  if (samples_in == nullptr) return;
  samples_in->add(size(batch.samples));
  exemplars_in->add(size(batch.exemplars));
  histograms_in->add(size(batch.histograms));
}

Intake::Intake(std::string display, MetricRegistry& own, MetricRegistry* program)
    : outboxes_(std::move(display)), counters_(own, program) {}

Result<> Intake::receive(const MetricBatch& batch) {
  return outboxes_.use([&](const auto& outboxes) -> Result<> {
    if (observer_) observer_(batch);
    for (const auto& outbox : outboxes) outbox->receive(batch);
    series_.see(batch);
    counters_.add(batch);
    return {};
  });
}

}  // namespace alloy::prometheus::remote_write
