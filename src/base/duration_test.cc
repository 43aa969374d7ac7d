#include "base/duration.h"

#include <doctest/doctest.h>

namespace alloy {
namespace {

TEST_CASE("durations read and print in the configuration's spelling") {
  CHECK(parse_duration("1h30m") == Duration(90min));
  CHECK(parse_duration("1.5s") == Duration(1500ms));
  CHECK(parse_duration("-2us") == Duration(-2us));
  CHECK(parse_duration("0") == Duration::zero());
  CHECK(format_duration(90s) == "1m30s");
  CHECK(format_duration(1h) == "1h0m0s");
  CHECK(format_duration(1500us) == "1.5ms");
  CHECK(format_duration(Duration::zero()) == "0s");
  CHECK(format_duration(-1500ms) == "-1.5s");
}

TEST_CASE("a duration without a unit or beyond the range is refused") {
  CHECK(parse_duration("5").error().message() == "time: missing unit in duration \"5\"");
  CHECK(parse_duration("1d").error().message() == "time: unknown unit \"d\" in duration \"1d\"");
  CHECK_FALSE(parse_duration("").has_value());
  CHECK_FALSE(parse_duration("9999999h").has_value());
}

}  // namespace
}  // namespace alloy
