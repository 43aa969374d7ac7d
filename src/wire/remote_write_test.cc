#include "wire/remote_write.h"

#include <doctest/doctest.h>

namespace alloy::wire {
namespace {

TEST_CASE("spans and buckets of a histogram have to agree") {
  NativeHistogram h;
  h.positive_spans = {{0, 2}, {3, 1}};
  h.positive_deltas = {1, 0, 2};
  CHECK(find_problem(h).empty());
  h.positive_spans[1].offset = -1;
  CHECK(!find_problem(h).empty());
  h.positive_spans = {{0, 4'000'000'000}, {0, 4'000'000'000}};
  CHECK(!find_problem(h).empty());
  h.positive_spans = {};
  CHECK(!find_problem(h).empty());
}

TEST_CASE("custom bounds rise and belong to their schema") {
  NativeHistogram h;
  h.schema = NativeHistogram::custom_buckets_schema;
  h.custom_bounds = {1, 2};
  CHECK(find_problem(h).empty());
  h.custom_bounds = {1, 1};
  CHECK(!find_problem(h).empty());
  h.custom_bounds = {1, 2};
  h.schema = 3;
  CHECK(!find_problem(h).empty());
  h.custom_bounds = {};
  CHECK(find_problem(h).empty());
  h.schema = -10;
  CHECK(!find_problem(h).empty());
}

TEST_CASE("symbols may follow the series that refer to them") {
  const std::string_view message("\x2a\x04\x0a\x02\x01\x02\x22\x00\x22\x01n\x22\x01v", 14);
  WriteRequest request;
  REQUIRE(request.parse(message, RemoteWriteProtocol::v2));
  REQUIRE(request.series().size() == 1);
  const auto labels = request.labels(request.series()[0].labels);
  REQUIRE(labels.size() == 1);
  CHECK(labels[0] == Label{"n", "v"});
}

TEST_CASE("a broken message has no content") {
  const std::string_view message("\x0a\x02\x12\x00\x0a\x05\x01", 7);
  WriteRequest request;
  CHECK(!request.parse(message, RemoteWriteProtocol::v1));
  CHECK(request.series().empty());
}

}  // namespace
}  // namespace alloy::wire
