#include "base/time_text.h"

#include <doctest/doctest.h>

namespace alloy {

TEST_CASE("times are RFC 3339 with the decimals that they have") {
  const WallTime time{std::chrono::seconds(1700000000)};
  CHECK(format_rfc3339(time) == "2023-11-14T22:13:20Z");
  CHECK(format_rfc3339(time + std::chrono::milliseconds(120)) == "2023-11-14T22:13:20.12Z");
  CHECK(format_rfc3339(time + std::chrono::nanoseconds(1)) == "2023-11-14T22:13:20.000000001Z");
  CHECK(format_rfc3339({}) == "0001-01-01T00:00:00Z");
}

}  // namespace alloy
