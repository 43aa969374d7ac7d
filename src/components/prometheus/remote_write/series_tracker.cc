#include "components/prometheus/remote_write/series_tracker.h"

#include <algorithm>

namespace alloy::prometheus::remote_write {

void SeriesTracker::see(const MetricBatch& batch) {
  const std::lock_guard lock(mutex_);
  for (const Sample& sample : batch.samples) see(*sample.series, is_stale_marker(sample.value));
  for (const HistogramSample& sample : batch.histograms) {
    see(*sample.series, is_stale_marker(sample.histogram->sum));
  }
}

void SeriesTracker::see(const Series& series, bool ended) {
  const uint32_t slot = series.slot();
  if (slot >= entries_.size()) {
    entries_.resize(std::max<size_t>(slot + 1, entries_.size() + entries_.size() / 4));
  }
  Entry& entry = entries_[slot];
  const uint32_t uid = static_cast<uint32_t>(series.uid() % UINT32_MAX) + 1;  // Never 0.
  if (entry.uid == uid && !ended) {
    entry.period = period_;
    return;
  }
  if (entry.uid != 0) {
    ++counts_.removed;
    --counts_.active;
  }
  const bool was_known = entry.uid == uid;
  entry = {};
  if (ended) return;
  if (!was_known) ++counts_.created;
  ++counts_.active;
  entry = {uid, period_};
}

void SeriesTracker::sweep() {
  const std::lock_guard lock(mutex_);
  ++period_;
  for (Entry& entry : entries_) {
    if (entry.uid == 0 || entry.period + 2 > period_) continue;
    entry = {};
    ++counts_.removed;
    --counts_.active;
  }
}

SeriesTracker::Counts SeriesTracker::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

}  // namespace alloy::prometheus::remote_write
