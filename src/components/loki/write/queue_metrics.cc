#include "components/loki/write/queue_metrics.h"

#include <algorithm>

#include "components/loki/write/request.h"

namespace alloy::loki::write {
namespace {

// Adds samples to families.
class Collection {
 public:
  explicit Collection(MetricFamilies& families) : families_(families) {}

  void add(std::string_view name, std::string_view help, MetricType type, double value,
           MetricLabels labels = {}) {
    MetricFamily& family = families_[std::string(name)];
    family.name = name;
    family.help = help;
    family.type = type;
    family.samples.push_back({family.name, std::move(labels), value});
  }

 private:
  MetricFamilies& families_;
};

double of(uint64_t count) { return static_cast<double>(count); }

}  // namespace

struct QueueMetrics::State {
  std::mutex mutex;  // Guards everything below.
  Subject subject;

  void collect(Collection& out) const;
  void collect_wal(Collection& out, const Endpoint& endpoint) const;
};

void QueueMetrics::State::collect(Collection& out) const {
  if (!subject.store) return;
  uint64_t bytes = 0;
  for (const auto& log : subject.store->logs()) {
    bytes += log->stats().bytes;
  }
  out.add("loki_write_queue_bytes", "Size of the queues on disk.", MetricType::gauge, of(bytes));
  for (const Endpoint& endpoint : subject.endpoints) {
    uint64_t pending = 0;
    for (const auto& log : subject.store->queues_of(endpoint.key))
      pending += log->reader_stats(endpoint.key).pending[entries_count];
    out.add("loki_write_queue_pending_entries",
            "Entries in finished requests that wait for the endpoint or are on their way.",
            MetricType::gauge, of(pending), {{"id", endpoint.id}});
    if (subject.shows_wal) collect_wal(out, endpoint);
  }
  if (!subject.shows_wal) return;
  out.add("loki_write_wal_watcher_running", "Number of WAL watchers running.", MetricType::gauge,
          of(subject.endpoints.size()));
}

void QueueMetrics::State::collect_wal(Collection& out, const Endpoint& endpoint) const {
  const MetricLabels labels = {{"id", endpoint.id}};
  uint64_t read = 0;
  uint64_t segment = 0;
  for (const auto& log : subject.store->queues_of(endpoint.key)) {
    const queue::LogStats stats = log->stats();
    const uint64_t pending = log->reader_stats(endpoint.key).records_pending;
    read += stats.records_appended - std::min(pending, stats.records_appended);
    segment = std::max(segment, stats.current_segment);
  }
  out.add("loki_write_wal_watcher_records_read_total",
          "Number of records read by the WAL watcher from the WAL.", MetricType::counter, of(read),
          labels);
  out.add("loki_write_wal_watcher_current_segment",
          "Current segment the WAL watcher is reading records from.", MetricType::gauge,
          of(segment), labels);
}

QueueMetrics::QueueMetrics(MetricRegistry& registry) : state_(std::make_shared<State>()) {
  registry.collector([weak = std::weak_ptr(state_)](MetricFamilies& families) {
    const auto state = weak.lock();
    if (!state) return;
    Collection out(families);
    const std::lock_guard lock(state->mutex);
    state->collect(out);
  });
}

QueueMetrics::~QueueMetrics() = default;

void QueueMetrics::set(Subject subject) {
  const std::lock_guard lock(state_->mutex);
  state_->subject = std::move(subject);
}

}  // namespace alloy::loki::write
