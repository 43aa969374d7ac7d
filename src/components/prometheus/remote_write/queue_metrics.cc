#include "components/prometheus/remote_write/queue_metrics.h"

#include <algorithm>
#include <string_view>

namespace alloy::prometheus::remote_write {
namespace {

struct Metric {
  std::string_view name;
  std::string_view help;
  MetricType type;
  double (*read)(const queue::LogStats& queues, const SeriesTracker::Counts& series);
};

double of(uint64_t count) { return static_cast<double>(count); }

using Queues = queue::LogStats;
using SeriesCounts = SeriesTracker::Counts;

constexpr Metric metrics[] = {
    {"prometheus_remote_write_wal_storage_active_series", "Series in use.", MetricType::gauge,
     [](const Queues&, const SeriesCounts& s) { return of(s.active); }},
    {"prometheus_remote_write_wal_storage_created_series_total", "Series that began.",
     MetricType::counter, [](const Queues&, const SeriesCounts& s) { return of(s.created); }},
    {"prometheus_remote_write_wal_storage_removed_series_total", "Series that ended.",
     MetricType::counter, [](const Queues&, const SeriesCounts& s) { return of(s.removed); }},
    {"prometheus_remote_write_wal_storage_deleted_series",
     "Ended series that are still remembered: none.", MetricType::gauge,
     [](const Queues&, const SeriesCounts&) { return 0.0; }},
    {"prometheus_remote_write_wal_out_of_order_samples_total",
     "Samples refused for their order: none, the endpoint decides.", MetricType::counter,
     [](const Queues&, const SeriesCounts&) { return 0.0; }},
    {"prometheus_remote_write_wal_corruptions_total", "Damaged places found in queues.",
     MetricType::counter, [](const Queues& q, const SeriesCounts&) { return of(q.damages); }},
    {"prometheus_tsdb_wal_writes_failed_total", "Writes that the disk refused.",
     MetricType::counter,
     [](const Queues& q, const SeriesCounts&) { return of(q.write_failures); }},
    {"prometheus_tsdb_wal_storage_size_bytes", "Size of the queues on disk.", MetricType::gauge,
     [](const Queues& q, const SeriesCounts&) { return of(q.bytes); }},
    {"prometheus_tsdb_wal_segment_current", "Number of the segment that is written.",
     MetricType::gauge, [](const Queues& q, const SeriesCounts&) { return of(q.current_segment); }},
    {"prometheus_tsdb_wal_truncations_total", "Segments that were removed.", MetricType::counter,
     [](const Queues& q, const SeriesCounts&) { return of(q.segments_removed); }},
    {"prometheus_tsdb_wal_record_part_writes_total", "Requests written to queues.",
     MetricType::counter,
     [](const Queues& q, const SeriesCounts&) { return of(q.records_appended); }},
    {"prometheus_tsdb_wal_record_parts_bytes_written_total", "Bytes written to queues.",
     MetricType::counter,
     [](const Queues& q, const SeriesCounts&) { return of(q.bytes_appended); }},
};

}  // namespace

struct QueueMetrics::State {
  std::shared_ptr<Intake> intake;
  std::mutex mutex;  // Guards everything below.
  std::shared_ptr<outgoing::QueueStore> store;
  double open_seconds = 0;

  queue::LogStats sum() {
    const std::lock_guard lock(mutex);
    queue::LogStats sum;
    if (!store) return sum;
    for (const auto& log : store->logs()) {
      const queue::LogStats stats = log->stats();
      sum.bytes += stats.bytes;
      sum.current_segment = std::max(sum.current_segment, stats.current_segment);
      sum.records_appended += stats.records_appended;
      sum.bytes_appended += stats.bytes_appended;
      sum.write_failures += stats.write_failures;
      sum.segments_removed += stats.segments_removed;
      sum.damages += stats.damages;
    }
    return sum;
  }
};

QueueMetrics::QueueMetrics(MetricRegistry& registry, std::shared_ptr<Intake> intake)
    : state_(std::make_shared<State>()) {
  state_->intake = std::move(intake);
  for (const Metric& metric : metrics) {
    registry.function(metric.name, metric.help, metric.type, [state = state_, &metric] {
      return metric.read(state->sum(), state->intake->series().counts());
    });
  }
  registry.function("prometheus_remote_write_data_replay_duration_seconds",
                    "How long opening the queues took at the start.", MetricType::gauge,
                    [state = state_] {
                      const std::lock_guard lock(state->mutex);
                      return state->open_seconds;
                    });
}

void QueueMetrics::set_store(std::shared_ptr<outgoing::QueueStore> store, double open_seconds) {
  const std::lock_guard lock(state_->mutex);
  state_->store = std::move(store);
  state_->open_seconds = open_seconds;
}

}  // namespace alloy::prometheus::remote_write
