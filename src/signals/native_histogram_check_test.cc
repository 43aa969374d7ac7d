#include <limits>

#include <doctest/doctest.h>

#include "signals/native_histogram.h"

namespace alloy {
namespace {

struct Case {
  std::string_view problem;  // What the text of it has in it; empty: none.
  NativeHistogram histogram;
};

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr int32_t custom = NativeHistogram::custom_buckets_schema;

TEST_CASE("what makes no sense in a native histogram is found") {
  const Case cases[] = {
      {"", {}},
      {"",
       {.schema = 8, .count = 4, .positive_spans = {{0, 2}, {3, 1}}, .positive_deltas = {1, 0, 1}}},
      {"",
       {.sum = std::numeric_limits<double>::quiet_NaN(),
        .count = 9,
        .positive_spans = {{0, 1}},
        .positive_deltas = {1}}},
      {"",
       {.is_float = true, .count_float = 9, .positive_spans = {{0, 1}}, .positive_counts = {1.5}}},
      {"1 observations found in buckets, but the Count field is 2",
       {.count = 2, .positive_spans = {{0, 1}}, .positive_deltas = {1}}},
      {"should be at least",
       {.sum = std::numeric_limits<double>::quiet_NaN(), .count = 1, .zero_count = 2}},
      {"positive side: span number 2 with offset -1",
       {.count = 2, .positive_spans = {{0, 1}, {-1, 1}}, .positive_deltas = {1, 0}}},
      {"negative side: spans need 2 buckets, have 1 buckets",
       {.count = 1, .negative_spans = {{0, 2}}, .negative_deltas = {1}}},
      {"positive side: spans need 8000000000 buckets",
       {.positive_spans = {{0, 4'000'000'000}, {0, 4'000'000'000}}, .positive_deltas = {1}}},
      {"positive side: bucket number 2 has observation count of -1",
       {.positive_spans = {{0, 2}}, .positive_deltas = {1, -2}}},
      {"observation count is  -1", {.is_float = true, .count_float = -1}},
      {"zero bucket has observation count of -1",
       {.is_float = true, .count_float = 1, .zero_count_float = -1}},
      {"got schema 9", {.schema = 9}},
      {"got schema -5", {.schema = -5}},
      {"must not have custom bounds", {.schema = 3, .custom_bounds = {1}}},
      {"", {.schema = custom, .custom_bounds = {1, 2}}},
      {"strictly increasing", {.schema = custom, .custom_bounds = {1, 1}}},
      {"must be finite", {.schema = custom, .custom_bounds = {1, infinity}}},
      {"must not be NaN",
       {.schema = custom, .custom_bounds = {std::numeric_limits<double>::quiet_NaN()}}},
      {"only 1 custom bounds defined which is insufficient to cover total span length of 3",
       {.schema = custom,
        .count = 1,
        .positive_spans = {{2, 1}},
        .positive_deltas = {1},
        .custom_bounds = {1}}},
      {"custom buckets: span number 1 with offset -1",
       {.schema = custom,
        .positive_spans = {{-1, 1}},
        .positive_deltas = {0},
        .custom_bounds = {1}}},
      {"zero count of 0", {.schema = custom, .count = 1, .zero_count = 1}},
      {"zero threshold of 0", {.schema = custom, .zero_threshold = 1}},
      {"must not have negative spans", {.schema = custom, .negative_spans = {{0, 0}}}},
  };
  for (const auto& [problem, histogram] : cases) {
    const std::string found = find_problem(histogram);
    CAPTURE(found);
    CAPTURE(problem);
    CHECK(found.empty() == problem.empty());
    CHECK(found.contains(problem));
  }
}

TEST_CASE("compacting leaves out empty buckets and spans without buckets") {
  NativeHistogram h;
  h.positive_spans = {{0, 0}, {2, 3}, {0, 2}, {1, 1}};
  h.positive_deltas = {0, 1, -1, 0, 2, -2};  // 0 1 0, 0 2, and 0.
  h.compact();
  CHECK(h.positive_spans == std::vector<BucketSpan>{{3, 1}, {2, 1}});
  CHECK(h.positive_deltas == std::vector<int64_t>{1, 1});
  // Mistakes stay.
  h.positive_spans = {{0, 1}, {-1, 1}};
  h.compact();
  CHECK(find_problem(h).contains("offset -1"));
  h.positive_spans = {{0, 0}};
  h.positive_deltas = {};
  h.compact();
  CHECK(h.positive_spans.empty());
}

}  // namespace
}  // namespace alloy
