#include "cluster/minimum_size.h"

#include <doctest/doctest.h>

namespace alloy::cluster {
namespace {

using Change = MinimumSize::Change;
constexpr SteadyTime start{};

TEST_CASE("without a minimum a cluster of one is ready") {
  MinimumSize size(0, 0s, start);
  CHECK(size.is_ready());
  CHECK(size.update(0, start) == Change::none);
}

TEST_CASE("a cluster is ready once enough nodes are there, and no longer when they leave") {
  MinimumSize size(3, 0s, start);
  CHECK(size.update(2, start) == Change::none);
  CHECK_FALSE(size.is_ready());
  CHECK(size.update(3, start) == Change::reached);
  CHECK(size.is_ready());
  CHECK(size.update(2, start) == Change::lost);
  CHECK_FALSE(size.is_ready());
}

TEST_CASE("after the deadline too small a cluster works too, until it was large enough once") {
  MinimumSize size(3, 10s, start);
  CHECK(size.deadline() == start + 10s);
  CHECK(size.update(2, start + 9s) == Change::none);
  CHECK(size.update(2, start + 10s) == Change::deadline_passed);
  CHECK(size.is_ready());
  CHECK(size.update(1, start + 20s) == Change::none);
  CHECK(size.is_ready());
  CHECK(size.update(3, start + 30s) == Change::reached);
  CHECK(size.update(2, start + 40s) == Change::lost);
  CHECK(size.deadline() == start + 50s);
}

}  // namespace
}  // namespace alloy::cluster
