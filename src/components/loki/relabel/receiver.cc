#include "components/loki/relabel/receiver.h"

#include <fmt/format.h>

namespace alloy::loki::relabel {

Receiver::Receiver(SeriesStore& store, MetricRegistry& metrics, std::string name, LiveLogs live)
    : store_(store),
      name_(std::move(name)),
      live_(std::move(live)),
      processed_(metrics.counter("loki_relabel_entries_processed",
                                 "Total number of log entries processed")),
      written_(
          metrics.counter("loki_relabel_entries_written", "Total number of log entries forwarded")),
      hits_(metrics.counter("loki_relabel_cache_hits", "Total number of cache hits")),
      misses_(metrics.counter("loki_relabel_cache_misses", "Total number of cache misses")),
      size_(metrics.gauge("loki_relabel_cache_size", "Total size of relabel cache")),
      cache_(store) {}

void Receiver::configure(RelabelRulesPointer rules, std::vector<LogsReceiverPointer> forward_to,
                         size_t cache_size_max) {
  fanout_.set_receivers(std::move(forward_to));
  const std::lock_guard lock(cache_.mutex());
  cache_size_max_ = cache_size_max;
  if (!rules_ || !(*rules_ == *rules)) {
    rules_ = std::move(rules);
    cache_.reset(rules_);
  }
  size_.set(static_cast<double>(cache_.size()));
}

void Receiver::forget_unused() {
  const std::lock_guard lock(cache_.mutex());
  cache_.mark_unused();
  if (in_flight_ == 0) cache_.release_forgotten();
  size_.set(static_cast<double>(cache_.size()));
}

void Receiver::close() {
  fanout_.set_receivers({});
  const std::lock_guard lock(cache_.mutex());
  is_closed_ = true;
}

Result<void> Receiver::receive(const LogBatch& batch) {
  std::unique_ptr<Entries> entries;
  {
    const std::lock_guard lock(cache_.mutex());
    if (is_closed_) return fail(name_ + " has exited", ErrorKind::stopped);
    if (free_.empty()) {
      entries = std::make_unique<Entries>();
    } else {
      entries = std::move(free_.back());
      free_.pop_back();
    }
    ++in_flight_;
    relabel(batch, *entries);
    if (live_.is_watched()) show(batch);
  }
  const Result<void> result = fanout_.receive(
      {.entries = *entries, .delivery = batch.delivery, .read_at_ns = batch.read_at_ns});
  // Of a batch that comes again only the last time counts.
  if (result) {
    processed_.add(static_cast<double>(batch.entries.size()));
    written_.add(static_cast<double>(entries->size()));
  }
  const std::lock_guard lock(cache_.mutex());
  if (--in_flight_ == 0) cache_.release_forgotten();
  free_.push_back(std::move(entries));
  return result;
}

void Receiver::relabel(const LogBatch& batch, Entries& out) {
  out.clear();
  const uint64_t misses_before = cache_.counts().misses;
  const Series* before = nullptr;
  const Series* after = nullptr;
  for (const LogEntry& entry : batch.entries) {
    if (entry.labels != before) {
      before = entry.labels;
      after = cache_.find(*before);
    }
    if (after == nullptr) continue;
    out.push_back(entry);
    out.back().labels = after;
  }
  const uint64_t misses = cache_.counts().misses - misses_before;
  misses_.add(static_cast<double>(misses));
  hits_.add(static_cast<double>(batch.entries.size() - misses));
  limit_cache();
  size_.set(static_cast<double>(cache_.size()));
}

// What the batch at hand got stays valid until it is through.
void Receiver::limit_cache() {
  if (cache_.size() > cache_size_max_) cache_.reset(rules_);
}

void Receiver::show(const LogBatch& batch) {
  size_t count = 0;
  std::vector<std::string> records;
  for (const LogEntry& entry : batch.entries) {
    const Series* after = cache_.find(*entry.labels);
    count += after != nullptr ? 1 : 0;
    if (!live_.is_read() || records.size() >= LiveLogs::records_max) continue;
    records.push_back(fmt::format("entry: {}, labels: {} => {}", entry.line,
                                  store_.describe(*entry.labels),
                                  after != nullptr ? store_.describe(*after) : "<dropped>"));
  }
  live_.show(count, std::move(records));
}

}  // namespace alloy::loki::relabel
