#include "components/prometheus/scrape/recent_exemplars.h"

#include <bit>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace alloy::prometheus::scrape {

bool RecentExemplars::is_news(const Series& series, std::span<const Label> labels, double value,
                              int64_t time_ms, bool has_own_time) {
  uint64_t hash = std::bit_cast<uint64_t>(value);
  for (const Label& label : labels) {
    hash = XXH3_64bits_withSeed(label.name.data(), label.name.size(), hash);
    hash = XXH3_64bits_withSeed(label.value.data(), label.value.size(), hash);
  }
  const Last fresh{.hash = hash, .time_ms = time_ms, .has_own_time = has_own_time};
  const auto [known, is_first] = last_.try_emplace(series.uid(), fresh);
  if (is_first) return true;
  Last& last = known->second;
  if (time_ms < last.time_ms) return false;
  const bool may_be_same = time_ms == last.time_ms || (!has_own_time && !last.has_own_time);
  if (may_be_same && hash == last.hash) return false;
  last = fresh;
  return true;
}

}  // namespace alloy::prometheus::scrape
