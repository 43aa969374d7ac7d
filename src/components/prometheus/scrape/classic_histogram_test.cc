#include "components/prometheus/scrape/classic_histogram.h"

#include <limits>

#include <doctest/doctest.h>

namespace alloy::prometheus::scrape {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

struct Fixture {
  ClassicHistogram classic;
  Fixture() { classic.reset("h"); }
  void buckets(const std::vector<double>& counts) {
    for (size_t i = 0; i < counts.size(); ++i) {
      const bool is_last = i + 1 == counts.size();
      classic.add_bucket(is_last ? infinity : static_cast<double>(i) + 1, counts[i]);
    }
  }
  NativeHistogram converted() {
    const auto result = classic.convert();
    REQUIRE(result);
    return *result;
  }
};

TEST_CASE_FIXTURE(Fixture, "bounds become custom buckets, whatever their order") {
  classic.add_bucket(infinity, 9);
  classic.add_bucket(5, 5);
  classic.add_bucket(1, 2);
  classic.set_sum(31.5);
  classic.set_count(9);
  const NativeHistogram h = converted();
  CHECK(h.uses_custom_buckets());
  CHECK_FALSE(h.is_float);
  CHECK(h.count == 9);
  CHECK(h.sum == 31.5);
  CHECK(h.custom_bounds == std::vector<double>{1, 5});
  CHECK(h.positive_spans == std::vector<BucketSpan>{{0, 3}});
  CHECK(h.positive_deltas == std::vector<int64_t>{2, 1, 1});
}

TEST_CASE_FIXTURE(Fixture, "the total stands in for the last bucket, and the other way round") {
  classic.add_bucket(1, 2);
  classic.set_count(5);
  CHECK(converted().positive_deltas == std::vector<int64_t>{2, 1});
  classic.reset("i");
  buckets({1, 2});
  CHECK(converted().count == 2);
  classic.reset("j");
  classic.set_count(2);
  CHECK(converted().positive_deltas == std::vector<int64_t>{2});
}

TEST_CASE_FIXTURE(Fixture, "empty buckets at the ends and long runs of them are left out") {
  buckets({0, 0, 1, 1, 1, 2, 2, 2, 2, 3, 3});
  const NativeHistogram h = converted();
  CHECK(h.positive_spans == std::vector<BucketSpan>{{2, 4}, {3, 1}});
  CHECK(h.positive_deltas == std::vector<int64_t>{1, -1, 0, 1, 0});
  CHECK(h.custom_bounds.size() == 10);
  classic.reset("i");
  buckets({0, 0});
  CHECK(converted().positive_spans.empty());
}

TEST_CASE_FIXTURE(Fixture, "fractions make a histogram of floats") {
  buckets({0.5, 1.5});
  const NativeHistogram h = converted();
  CHECK(h.is_float);
  CHECK(h.count_float == 1.5);
  CHECK(h.positive_counts == std::vector<double>{0.5, 1});
}

TEST_CASE_FIXTURE(Fixture, "of two buckets with one bound the first counts") {
  classic.add_bucket(1, 1);
  classic.add_bucket(infinity, 3);
  classic.add_bucket(1, 2);
  CHECK(converted().custom_bounds == std::vector<double>{1});
  CHECK(converted().positive_deltas == std::vector<int64_t>{1, 1});
}

TEST_CASE_FIXTURE(Fixture, "counts that contradict each other make no histogram") {
  buckets({5, 3, 6});
  CHECK_FALSE(classic.convert());
  classic.reset("i");
  buckets({1, 2});
  classic.set_count(7);
  CHECK_FALSE(classic.convert());
  classic.reset("k");
  CHECK_FALSE(classic.convert());
}

}  // namespace
}  // namespace alloy::prometheus::scrape
