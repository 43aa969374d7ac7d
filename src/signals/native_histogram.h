// Native histograms as Prometheus models them: sparse buckets at exponential or custom bounds,
// counted in integers (with deltas from bucket to bucket) or floats.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace alloy {

// A run of consecutive buckets; `offset` is the gap to the previous run (for the first one, the
// index of its first bucket).
struct BucketSpan {
  int32_t offset = 0;
  uint32_t length = 0;

  friend bool operator==(const BucketSpan&, const BucketSpan&) = default;
};

struct NativeHistogram {
  enum class ResetHint : uint8_t { unknown, yes, no, gauge };
  // The schema of histograms whose bounds are listed in `custom_bounds` (NHCB).
  static constexpr int32_t custom_buckets_schema = -53;

  bool is_float = false;
  ResetHint reset_hint = ResetHint::unknown;
  int32_t schema = 0;
  double zero_threshold = 0;
  double sum = 0;                      // The stale marker here makes the whole histogram one.
  uint64_t count = 0, zero_count = 0;  // Of an integer histogram.
  double count_float = 0, zero_count_float = 0;  // Of a float histogram.
  std::vector<BucketSpan> positive_spans, negative_spans;
  std::vector<int64_t> positive_deltas, negative_deltas;  // Of an integer histogram.
  std::vector<double> positive_counts, negative_counts;   // Of a float histogram: absolute.
  std::vector<double> custom_bounds;                      // Upper bounds without +Inf.

  // The range of schemas with exponential bounds that everybody can read.
  static constexpr int32_t schema_min = -4;
  static constexpr int32_t schema_max = 8;
  // Finer ones are known, but made coarser.
  static constexpr int32_t schema_max_reserved = 52;

  // How many buckets are listed, empty ones included.
  size_t bucket_count() const;
  // Leaves out empty buckets, and spans that have none. Spans and buckets must agree.
  void compact();
  // Merges buckets, if this schema is a coarser one; custom buckets stay.
  void reduce_to(int32_t coarser_schema);
  // Merges buckets until no more than so many are left; false: that can't be reached.
  bool reduce_buckets_to(size_t limit);

  bool uses_custom_buckets() const { return schema == custom_buckets_schema; }
  friend bool operator==(const NativeHistogram&, const NativeHistogram&) = default;
};

// What is wrong with a histogram (spans that do not fit the buckets, counts below zero or that do
// not add up, bounds that do not rise); empty: nothing. In the words of Prometheus.
std::string find_problem(const NativeHistogram& histogram);

// Whether spans promise as many buckets as there are; without adding up what could overflow.
bool spans_fit(const std::vector<BucketSpan>& spans, size_t buckets);

// The finest schema whose buckets grow by at least this factor.
int32_t finest_schema(double factor);

}  // namespace alloy
