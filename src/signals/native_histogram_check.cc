// Whether native histograms make sense, as Prometheus checks before it stores one.
#include <cmath>
#include <limits>
#include <span>

#include <fmt/format.h>

#include "signals/native_histogram.h"

namespace alloy {

namespace {

constexpr std::string_view few_or_many_buckets =
    "histogram spans specify different number of buckets than provided";
constexpr std::string_view negative_offset = "histogram has a span whose offset is negative";
constexpr std::string_view negative_count =
    "histogram has a bucket whose observation count is negative";

std::string check_spans(std::span<const BucketSpan> spans, size_t buckets, bool is_custom) {
  uint64_t promised = 0;
  for (size_t i = 0; i < spans.size(); ++i) {
    if ((i > 0 || is_custom) && spans[i].offset < 0) {
      return fmt::format("span number {} with offset {}: {}", i + 1, spans[i].offset,
                         negative_offset);
    }
    promised += spans[i].length;
  }
  if (promised == buckets) return {};
  return fmt::format("spans need {} buckets, have {} buckets: {}", promised, buckets,
                     few_or_many_buckets);
}

// Adds the counts up.
template <class T, class Sum>
std::string check_counts(const std::vector<T>& buckets, Sum& sum, bool are_deltas) {
  T count = 0;
  for (size_t i = 0; i < buckets.size(); ++i) {
    if constexpr (std::is_integral_v<T>) {
      // Wraps around like the real one instead of overflowing.
      count = static_cast<T>((are_deltas ? static_cast<uint64_t>(count) : 0) +
                             static_cast<uint64_t>(buckets[i]));
    } else {
      count = buckets[i];
    }
    if (count < 0) {
      return fmt::format("bucket number {} has observation count of {}: {}", i + 1, count,
                         negative_count);
    }
    sum += static_cast<Sum>(count);
  }
  return {};
}

std::string check_bounds(const NativeHistogram& h) {
  double before = -std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < h.custom_bounds.size(); ++i) {
    const double bound = h.custom_bounds[i];
    if (std::isnan(bound)) return "histogram custom bounds must not be NaN";
    if (i > 0 && bound <= before) {
      return fmt::format(
          "previous bound is {:f} and current is {:f}: histogram custom bounds must be in strictly "
          "increasing order",
          before, bound);
    }
    before = bound;
  }
  if (before == std::numeric_limits<double>::infinity()) {
    return "last +Inf bound must not be explicitly defined: histogram custom bounds must be finite";
  }
  const size_t buckets = h.is_float ? h.positive_counts.size() : h.positive_deltas.size();
  if (std::string problem = check_spans(h.positive_spans, buckets, true); !problem.empty()) {
    return problem;
  }
  uint64_t covered = 0;
  for (const BucketSpan& span : h.positive_spans) {
    covered += span.length + static_cast<uint64_t>(span.offset);
  }
  if (h.custom_bounds.size() + 1 >= covered) return {};
  return fmt::format(
      "only {} custom bounds defined which is insufficient to cover total span length of {}: "
      "histogram custom bounds are too few",
      h.custom_bounds.size(), covered);
}

std::string check_custom(const NativeHistogram& h) {
  if (std::string problem = check_bounds(h); !problem.empty()) return "custom buckets: " + problem;
  if (h.zero_count != 0 || h.zero_count_float != 0) {
    return "custom buckets: must have zero count of 0";
  }
  if (h.zero_threshold != 0) return "custom buckets: must have zero threshold of 0";
  if (!h.negative_spans.empty()) return "custom buckets: must not have negative spans";
  if (!h.negative_deltas.empty() || !h.negative_counts.empty()) {
    return "custom buckets: must not have negative buckets";
  }
  return {};
}

template <class T, class Sum>
std::string check_exponential(const NativeHistogram& h, const std::vector<T>& positive,
                              const std::vector<T>& negative, Sum& sum) {
  std::string problem = check_spans(h.positive_spans, positive.size(), false);
  if (!problem.empty()) return "positive side: " + problem;
  problem = check_spans(h.negative_spans, negative.size(), false);
  if (problem.empty()) problem = check_counts(negative, sum, !h.is_float);
  if (!problem.empty()) return "negative side: " + problem;
  if (h.zero_count_float < 0) {
    return fmt::format("zero bucket has observation count of {}: {}", h.zero_count_float,
                       negative_count);
  }
  if (!h.custom_bounds.empty()) {
    return "histogram with exponential schema must not have custom bounds";
  }
  return {};
}

template <class T, class Sum>
std::string check(const NativeHistogram& h, const std::vector<T>& positive,
                  const std::vector<T>& negative, Sum& sum) {
  std::string problem;
  if (h.uses_custom_buckets()) {
    problem = check_custom(h);
  } else if (h.schema >= NativeHistogram::schema_min && h.schema <= NativeHistogram::schema_max) {
    problem = check_exponential(h, positive, negative, sum);
  } else {
    problem = fmt::format(
        "histogram has an invalid schema, which must be between {} and {} for exponential buckets, "
        "or {} for custom buckets, got schema {}",
        NativeHistogram::schema_min, NativeHistogram::schema_max,
        NativeHistogram::custom_buckets_schema, h.schema);
  }
  if (!problem.empty()) return problem;
  if (h.count_float < 0) {
    return fmt::format("observation count is  {}: histogram's observation count is negative",
                       h.count_float);
  }
  problem = check_counts(positive, sum, !h.is_float);
  return problem.empty() ? problem : "positive side: " + problem;
}

}  // namespace

bool spans_fit(const std::vector<BucketSpan>& spans, size_t buckets) {
  uint64_t promised = 0;
  for (const BucketSpan& span : spans) promised += span.length;
  return promised == buckets;
}

std::string find_problem(const NativeHistogram& h) {
  if (h.is_float) {
    double ignored = 0;
    return check(h, h.positive_counts, h.negative_counts, ignored);
  }
  uint64_t found = h.zero_count;
  std::string problem = check(h, h.positive_deltas, h.negative_deltas, found);
  if (!problem.empty()) return problem;
  const auto fail = [&](std::string_view why) {
    return fmt::format("{} observations found in buckets, but the Count field is {}: {}", found,
                       h.count, why);
  };
  if (std::isnan(h.sum)) {
    if (found <= h.count) return {};
    return fail(
        "histogram's observation count should be at least the number of observations found in the "
        "buckets");
  }
  if (found == h.count) return {};
  return fail(
      "histogram's observation count should equal the number of observations found in the buckets "
      "(in absence of NaN)");
}

}  // namespace alloy
