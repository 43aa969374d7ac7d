// Making native histograms coarser.
#include "signals/native_histogram.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace alloy {

namespace {

// Counts from outside may be anything: integers wrap around instead of overflowing.
template <class T>
T add(T left, T right) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(static_cast<uint64_t>(left) + static_cast<uint64_t>(right));
  } else {
    return left + right;
  }
}
template <class T>
T subtract(T left, T right) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<T>(static_cast<uint64_t>(left) - static_cast<uint64_t>(right));
  } else {
    return left - right;
  }
}

// Absolute counts by index, from either kind of histogram.
template <class T>
std::map<int64_t, T> counts_of(const std::vector<BucketSpan>& spans, const std::vector<T>& buckets,
                               bool are_deltas) {
  std::map<int64_t, T> counts;
  int64_t index = 0;
  size_t next = 0;
  T count = 0;
  for (const BucketSpan& span : spans) {
    index += span.offset;
    for (uint32_t i = 0; i < span.length && next < buckets.size(); ++i, ++index, ++next) {
      count = are_deltas ? add(count, buckets[next]) : buckets[next];
      counts[index] = count;
    }
  }
  return counts;
}

// The bucket of a coarser schema that holds this one, `steps` schemas down.
int64_t coarser(int64_t index, int32_t steps) { return ((index - 1) >> steps) + 1; }

template <class T>
void list_buckets(const std::map<int64_t, T>& counts, std::vector<BucketSpan>& spans,
                  std::vector<T>& buckets, bool are_deltas) {
  spans.clear();
  buckets.clear();
  int64_t expected = 0;
  T before = 0;
  for (const auto& [index, count] : counts) {
    if (spans.empty() || index != expected) {
      spans.push_back({static_cast<int32_t>(index - expected), 0});
    }
    ++spans.back().length;
    buckets.push_back(are_deltas ? subtract(count, before) : count);
    before = count;
    expected = index + 1;
  }
}

// Spans that go back are a mistake, which find_problem() is to see.
bool go_forward(const std::vector<BucketSpan>& spans) {
  return std::none_of(spans.begin() + (spans.empty() ? 0 : 1), spans.end(),
                      [](const BucketSpan& span) { return span.offset < 0; });
}

template <class T>
void merge(std::vector<BucketSpan>& spans, std::vector<T>& buckets, bool are_deltas,
           int32_t steps) {
  if (!go_forward(spans)) return;
  std::map<int64_t, T> merged;
  for (const auto& [index, count] : counts_of(spans, buckets, are_deltas)) {
    T& sum = merged[coarser(index, steps)];
    sum = add(sum, count);
  }
  list_buckets(merged, spans, buckets, are_deltas);
}

template <class T>
void compact_side(std::vector<BucketSpan>& spans, std::vector<T>& buckets, bool are_deltas) {
  if (!go_forward(spans)) return;
  auto counts = counts_of(spans, buckets, are_deltas);
  std::erase_if(counts, [](const auto& bucket) { return bucket.second == 0; });
  list_buckets(counts, spans, buckets, are_deltas);
}

}  // namespace

size_t NativeHistogram::bucket_count() const {
  return is_float ? positive_counts.size() + negative_counts.size()
                  : positive_deltas.size() + negative_deltas.size();
}

void NativeHistogram::compact() {
  if (is_float) {
    compact_side(positive_spans, positive_counts, false);
    compact_side(negative_spans, negative_counts, false);
  } else {
    compact_side(positive_spans, positive_deltas, true);
    compact_side(negative_spans, negative_deltas, true);
  }
}

void NativeHistogram::reduce_to(int32_t coarser_schema) {
  const int32_t steps = schema - coarser_schema;
  if (steps <= 0 || uses_custom_buckets()) return;
  if (is_float) {
    merge(positive_spans, positive_counts, false, steps);
    merge(negative_spans, negative_counts, false, steps);
  } else {
    merge(positive_spans, positive_deltas, true, steps);
    merge(negative_spans, negative_deltas, true, steps);
  }
  schema = coarser_schema;
}

bool NativeHistogram::reduce_buckets_to(size_t limit) {
  while (bucket_count() > limit) {
    if (uses_custom_buckets() || schema <= schema_min) return false;
    reduce_to(schema - 1);
  }
  return true;
}

int32_t finest_schema(double factor) {
  using Histogram = NativeHistogram;
  if (factor <= 1) return Histogram::schema_max;
  const double floor = std::floor(-std::log2(std::log2(factor)));
  if (floor >= Histogram::schema_max) return Histogram::schema_max;
  if (floor <= Histogram::schema_min) return Histogram::schema_min;
  return static_cast<int32_t>(floor);
}

}  // namespace alloy
