#include "signals/native_histogram.h"

#include <doctest/doctest.h>

namespace alloy {
namespace {

NativeHistogram sample() {
  NativeHistogram h;
  h.schema = 2;
  // Buckets -1, 0, 1, 2 and 7 with 1, 2, 3, 4 and 5.
  h.positive_spans = {{-1, 4}, {4, 1}};
  h.positive_deltas = {1, 1, 1, 1, 1};
  return h;
}

TEST_CASE("reducing a histogram merges buckets in pairs that end at powers") {
  NativeHistogram h = sample();
  h.reduce_to(1);
  CHECK(h.schema == 1);
  // -1 and 0 become 0, 1 and 2 become 1, 7 becomes 4.
  CHECK(h.positive_spans == std::vector<BucketSpan>{{0, 2}, {2, 1}});
  CHECK(h.positive_deltas == std::vector<int64_t>{3, 4, -2});
}

TEST_CASE("floats are merged as absolute counts") {
  NativeHistogram h = sample();
  h.is_float = true;
  h.positive_counts = {1, 2, 3, 4, 5};
  h.positive_deltas = {};
  h.reduce_to(1);
  CHECK(h.positive_counts == std::vector<double>{3, 7, 5});
}

TEST_CASE("a limit of buckets is reached or not, but custom buckets never change") {
  NativeHistogram h = sample();
  CHECK(h.reduce_buckets_to(2));
  CHECK(h.bucket_count() <= 2);
  NativeHistogram two;
  two.positive_spans = two.negative_spans = {{0, 1}};
  two.positive_deltas = two.negative_deltas = {1};
  CHECK_FALSE(two.reduce_buckets_to(1));
  CHECK(two.schema == NativeHistogram::schema_min);
  NativeHistogram custom = sample();
  custom.schema = NativeHistogram::custom_buckets_schema;
  CHECK_FALSE(custom.reduce_buckets_to(2));
  CHECK(custom.bucket_count() == 5);
}

TEST_CASE("a growth factor stands for the finest schema that grows at least so fast") {
  CHECK(finest_schema(0) == 8);
  CHECK(finest_schema(1.1) == 2);
  CHECK(finest_schema(2) == 0);
  CHECK(finest_schema(4) == -1);
  CHECK(finest_schema(1e9) == -4);
}

}  // namespace
}  // namespace alloy
