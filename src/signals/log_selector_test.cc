#include "signals/log_selector.h"

#include <doctest/doctest.h>

namespace alloy {
namespace {

std::string refused(std::string_view selector) {
  const auto made = LogSelector::parse(selector);
  REQUIRE(!made);
  return made.error().message();
}

TEST_CASE("selectors match labels, and lines") {
  const auto selector =
      LogSelector::parse(R"({app="x", env!~"dev.*"} |= "err" != "ignored" |~ "\\d+" // why
  )");
  REQUIRE(selector);
  REQUIRE(selector->matchers().size() == 2);
  CHECK(selector->matchers()[0].accepts("x"));
  CHECK(!selector->matchers()[1].accepts("dev-1"));
  CHECK(selector->matchers()[1].accepts(""));
  CHECK(selector->accepts_line("err 5"));
  CHECK(!selector->accepts_line("err"));
  CHECK(!selector->accepts_line("err 5 ignored"));
}

TEST_CASE("selectors are refused with the place of the mistake") {
  CHECK(refused("{}") ==
        "parse error at line 1, col 2: syntax error: unexpected }, expecting IDENTIFIER");
  CHECK(refused("{foo=\"bar\"") ==
        "parse error at line 1, col 11: syntax error: unexpected $end, expecting } or ,");
  CHECK(refused("{foo=\"bar}") == "parse error at line 1, col 6: literal not terminated");
  CHECK(refused("{foo=\"b\\d\"}") == "parse error at line 1, col 6: invalid char escape");
  CHECK(refused("{a=`b`}") ==
        "parse error at line 1, col 4: syntax error: unexpected IDENTIFIER, expecting STRING");
  CHECK(refused("{a=\"b\"} | json") ==
        "parse error at line 1, col 9: syntax error: unexpected IDENTIFIER, expecting != or !~ or "
        "|~ or |=");
  CHECK(refused("{a=~\"(\"}").contains("missing closing )"));
}

}  // namespace
}  // namespace alloy
