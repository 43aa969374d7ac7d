#include "components/prometheus/shared/series_keeper.h"

#include <algorithm>

namespace alloy::prometheus {

SeriesKeeper::~SeriesKeeper() {
  for (const Entry& entry : entries_) {
    if (entry.series != no_series) store_.release(store_.at(entry.series));
  }
}

void SeriesKeeper::keep(const Series& series) {
  const std::lock_guard lock(mutex_);
  const uint32_t slot = series.slot();
  if (slot >= entries_.size()) {
    entries_.resize(std::max<size_t>(slot + 1, entries_.size() + entries_.size() / 4));
  }
  Entry& entry = entries_[slot];
  entry.period = period_;
  if (entry.series != no_series) return;
  store_.acquire(series);
  entry.series = store_.number_of(series);
  ++size_;
}

void SeriesKeeper::sweep() {
  const std::lock_guard lock(mutex_);
  ++period_;
  for (Entry& entry : entries_) {
    if (entry.series == no_series || entry.period + 2 > period_) continue;
    store_.release(store_.at(entry.series));
    entry = {};
    --size_;
  }
}

size_t SeriesKeeper::size() const {
  const std::lock_guard lock(mutex_);
  return size_;
}

}  // namespace alloy::prometheus
