#include "components/prometheus/scrape/classic_histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace alloy::prometheus::scrape {

namespace {

// Longer runs of empty buckets become a gap between spans.
constexpr size_t empty_run_max = 2;

bool is_whole(double count) { return count >= 0 && count == std::floor(count) && count < 0x1p63; }

// Leaves out empty buckets at both ends and long runs of them in the middle.
std::vector<BucketSpan> make_spans(const std::vector<double>& counts, std::vector<double>& kept) {
  std::vector<BucketSpan> spans;
  size_t end = counts.size();
  while (end > 0 && counts[end - 1] == 0) --end;
  size_t behind_last = 0;
  for (size_t i = 0; i < end;) {
    size_t next = i;
    while (next < end && counts[next] == 0) ++next;
    const bool is_gap = spans.empty() || next - i > empty_run_max;
    if (is_gap && (next > i || spans.empty())) {
      spans.push_back({static_cast<int32_t>(next - behind_last), 0});
      i = next;
    }
    for (; i <= next && i < end; ++i) {
      kept.push_back(counts[i]);
      ++spans.back().length;
    }
    behind_last = i;
  }
  return spans;
}

}  // namespace

void ClassicHistogram::reset(std::string key) {
  key_ = std::move(key);
  buckets_.clear();
  sum_.reset();
  count_.reset();
  labels.clear();
  timestamp_ms.reset();
  exemplars.clear();
}

std::optional<NativeHistogram> ClassicHistogram::convert() const {
  std::vector<Bucket> buckets = buckets_;
  std::ranges::sort(buckets, {}, [](const Bucket& bucket) {
    return std::pair(bucket.upper_bound, bucket.place);
  });
  const auto repeated = std::ranges::unique(buckets, {}, &Bucket::upper_bound);
  buckets.erase(repeated.begin(), repeated.end());
  if (!count_ && buckets.empty()) return std::nullopt;
  const double total = count_.value_or(buckets.empty() ? 0 : buckets.back().count);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (buckets.empty() || buckets.back().upper_bound != infinity) {
    buckets.push_back({infinity, total, buckets.size()});
  }
  NativeHistogram h;
  h.schema = NativeHistogram::custom_buckets_schema;
  h.sum = sum_.value_or(0);
  std::vector<double> counts;
  double before = 0;
  bool are_whole = is_whole(total);
  for (const Bucket& bucket : buckets) {
    // Neither falling nor NaN.
    if (!(bucket.count >= before)) return std::nullopt;
    counts.push_back(bucket.count - before);
    before = bucket.count;
    are_whole = are_whole && is_whole(bucket.count);
    if (bucket.upper_bound != infinity) h.custom_bounds.push_back(bucket.upper_bound);
  }
  if (before != total) return std::nullopt;
  std::vector<double> kept;
  h.positive_spans = make_spans(counts, kept);
  h.is_float = !are_whole;
  if (h.is_float) {
    h.count_float = total;
    h.positive_counts = std::move(kept);
    return h;
  }
  h.count = static_cast<uint64_t>(total);
  int64_t last = 0;
  for (const double count : kept) {
    h.positive_deltas.push_back(static_cast<int64_t>(count) - last);
    last = static_cast<int64_t>(count);
  }
  return h;
}

}  // namespace alloy::prometheus::scrape
