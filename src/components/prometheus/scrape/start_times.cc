#include "components/prometheus/scrape/start_times.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace alloy::prometheus::scrape {

uint64_t StartTimes::group_of(std::span<const wire::RawLabel> labels) {
  uint64_t group = 0;
  for (const wire::RawLabel& label : labels) {
    if (label.name == "le" || label.name == "quantile") continue;
    const uint64_t name = XXH3_64bits_withSeed(label.name.data(), label.name.size(), 1);
    // Added up, because the order of labels means nothing.
    group += XXH3_64bits_withSeed(label.value.data(), label.value.size(), name);
  }
  return group;
}

bool StartTimes::is_news(const Series& series, int64_t created_ms, int64_t sample_ms,
                         int64_t oldest_ms) {
  const auto [known, is_new] = known_.try_emplace(series.uid());
  const Known before = std::exchange(known->second, {created_ms, sample_ms});
  if (created_ms < oldest_ms) return false;
  return is_new || (created_ms != before.created_ms && created_ms > before.sample_ms);
}

void StartTimes::end_family(Batch batch, int64_t oldest_ms) {
  for (const auto& [id, group] : groups_) {
    if (group.created_ms == 0) continue;
    const auto take = [&](const Series& series, int64_t sample_ms, auto& zeros) {
      const CreatedTimestamp created{&series, group.created_ms, sample_ms};
      if (group.created_ms >= sample_ms) return;
      batch.created.push_back(created);
      if (is_news(series, group.created_ms, sample_ms, oldest_ms)) zeros.push_back(created);
    };
    for (const size_t i : group.samples) {
      take(*batch.samples[i].series, batch.samples[i].timestamp_ms, batch.zeros);
    }
    for (const size_t i : group.histograms) {
      take(*batch.histograms[i].series, batch.histograms[i].timestamp_ms, batch.histogram_zeros);
    }
  }
  groups_.clear();
}

}  // namespace alloy::prometheus::scrape
