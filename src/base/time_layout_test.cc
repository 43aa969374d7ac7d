#include "base/time_layout.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace alloy {
namespace {

int64_t parsed(std::string_view layout, std::string_view text, std::string_view zone = "UTC") {
  const TimeLayout compiled(layout);
  const auto where = TimeZone::load(zone);
  REQUIRE(where);
  const auto time = compiled.parse(text, **where, **where);
  REQUIRE_MESSAGE(time, time.error().message(layout, text));
  return time->unix_nanoseconds();
}

std::string refused(std::string_view layout, std::string_view text) {
  const TimeLayout compiled(layout);
  const auto time = compiled.parse(text);
  REQUIRE(!time);
  return time.error().message(layout, text);
}

std::string formatted(std::string_view layout, int64_t seconds, std::string_view zone = "UTC",
                      int32_t nanoseconds = 0) {
  return TimeLayout(layout).format(
      {.seconds = seconds, .nanoseconds = nanoseconds, .zone = *TimeZone::load(zone)});
}

TEST_CASE("a layout reads the times that look like it") {
  CHECK(parsed("2006-01-02T15:04:05Z07:00", "2024-03-05T07:08:09Z") == 1709622489000000000);
  CHECK(parsed("2006-01-02T15:04:05.999999999Z07:00", "2024-03-05T07:08:09.25+02:00") ==
        1709615289250000000);
  CHECK(parsed("02/Jan/2006:15:04:05 -0700", "10/Oct/2023:13:55:36 +0200") == 1696938936000000000);
  CHECK(parsed("Mon Jan _2 15:04:05 2006", "Tue Mar  5 07:08:09 2024") == 1709622489000000000);
  CHECK(parsed("Jan 2 2006 3:04PM", "mar 5 2024 7:08PM") == 1709665680000000000);
  CHECK(parsed("2006-002 15:04", "2024-060 00:00") == 1709164800000000000);
  CHECK(parsed("06-1-2", "69-1-2") == -31449600000000000);
}

TEST_CASE("a fraction of a second is read whether or not the layout has one") {
  CHECK(parsed("2006 15:04:05", "2024 00:00:01.5") % 1000000000 == 500000000);
  CHECK(parsed("2006 15:04:05.000", "2024 00:00:01,250") % 1000000000 == 250000000);
  CHECK(refused("15:04:05.000", "00:00:01.25") ==
        R"(parsing time "00:00:01.25" as "15:04:05.000": cannot parse ".25" as ".000")");
}

TEST_CASE("what is no such time is refused with the place") {
  CHECK(refused("2006-01-02", "2024-13-01") == R"(parsing time "2024-13-01": month out of range)");
  CHECK(refused("2006-01-02", "2023-02-29") == R"(parsing time "2023-02-29": day out of range)");
  CHECK(refused("2006-01-02", "2024/01/02") ==
        R"(parsing time "2024/01/02" as "2006-01-02": cannot parse "/01/02" as "-")");
  CHECK(refused("2006-01-02", "2024-01-02x") == R"(parsing time "2024-01-02x": extra text: "x")");
  CHECK(refused("2006-01-02T15:04:05Z07:00", "2024-01-02T25:00:00Z") ==
        R"(parsing time "2024-01-02T25:00:00Z": hour out of range)");
}

TEST_CASE("a time without a zone is of the zone that is given, with its summer time") {
  CHECK(parsed("2006-01-02 15:04", "2024-07-01 12:00", "Europe/Berlin") == 1719828000000000000);
  CHECK(parsed("2006-01-02 15:04", "2024-01-01 12:00", "Europe/Berlin") == 1704106800000000000);
  // Beyond the table of changes, by its rule.
  CHECK(parsed("2006-01-02 15:04", "2061-07-01 12:00", "Europe/Berlin") == 2887437600000000000);
  CHECK(parsed("2006-01-02 15:04 MST", "2024-07-01 12:00 EDT", "America/New_York") ==
        1719849600000000000);
  for (const char* zone : {"GMT+3", "CEST", "XYZ"})
    CHECK(parsed("2006 15:04 MST", fmt::format("2024 12:00 {}", zone)) ==
          parsed("2006 15:04", "2024 12:00"));
}

TEST_CASE("times are written in a layout") {
  CHECK(formatted("Mon, 02 Jan 2006 15:04:05 MST", 1709622489) == "Tue, 05 Mar 2024 07:08:09 UTC");
  CHECK(formatted("Jan _2, 06 3:04pm .000", 1709622489, "UTC", 1234567) ==
        "Mar  5, 24 7:08am .001");
  CHECK(formatted("15:04 MST -0700 Z07:00", 86400, "America/New_York") == "19:00 EST -0500 -05:00");
  CHECK(formatted("2006-002 Z0700 .99", 0) == "1970-001 Z ");
}

TEST_CASE("unknown time zones are refused") {
  CHECK(TimeZone::load("Mars/Olympus").error().message() == "unknown time zone Mars/Olympus");
  CHECK(!TimeZone::load("../etc/passwd"));
}

}  // namespace
}  // namespace alloy
