#include "base/closest_name.h"

#include <array>

#include <doctest/doctest.h>

namespace alloy {
namespace {

constexpr std::array<std::string_view, 5> names = {"url", "forward_to", "targets", "timeout",
                                                   "prometheus.scrape"};

TEST_CASE("a name with a typing mistake is told from others") {
  CHECK(closest_name("foward_to", names) == "forward_to");
  CHECK(closest_name("target", names) == "targets");
  CHECK(closest_name("tiemout", names) == "timeout");
  CHECK(closest_name("prometheus.scraper", names) == "prometheus.scrape");
  CHECK(did_you_mean("ulr", names) == "did you mean \"url\"?");
}

TEST_CASE("a name that is like no other is not explained") {
  CHECK(closest_name("nothing", names).empty());
  CHECK(closest_name("u", names).empty());
  CHECK(closest_name("", names).empty());
  CHECK(did_you_mean("nothing", names).empty());
}

}  // namespace
}  // namespace alloy
