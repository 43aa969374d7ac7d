#include "cluster/configuration_notice.h"

#include <doctest/doctest.h>

namespace alloy::cluster {
namespace {

constexpr SteadyTime start{};
const ConfigurationNotice other{"b", "2222"};

TEST_CASE("a notice arrives as it was sent") {
  const auto notice = decode_configuration_notice(encode(ConfigurationNotice{"node", "1234"}));
  REQUIRE(notice.has_value());
  CHECK(notice->node == "node");
  CHECK(notice->hash == "1234");
  CHECK_FALSE(decode_configuration_notice("\x91").has_value());
  CHECK_FALSE(decode_configuration_notice(encode(ConfigurationNotice{std::string(513, 'n'), "1"})));
}

TEST_CASE("a configuration that is rolled out is no reason to warn") {
  ConfigurationComparison comparison;
  CHECK_FALSE(comparison.is_lasting_difference(other, start));
  comparison.set_own("1111");
  CHECK_FALSE(comparison.is_lasting_difference(other, start));
  CHECK_FALSE(comparison.is_lasting_difference(other, start + 100s));
  comparison.set_own("2222");
  CHECK_FALSE(comparison.is_lasting_difference(other, start + 200s));
  CHECK_FALSE(comparison.is_lasting_difference(other, start + 400s));
}

TEST_CASE("a difference that lasts is warned about, and again only after a while") {
  ConfigurationComparison comparison;
  comparison.set_own("1111");
  CHECK_FALSE(comparison.is_lasting_difference(other, start));
  CHECK_FALSE(comparison.is_lasting_difference({"c", "1111"}, start + 60s));
  CHECK(comparison.is_lasting_difference(other, start + 120s));
  CHECK_FALSE(comparison.is_lasting_difference(other, start + 180s));
  SteadyTime now = start + 180s;
  for (; now < start + 700s; now += 60s) CHECK_FALSE(comparison.is_lasting_difference(other, now));
  CHECK(comparison.is_lasting_difference(other, start + 720s));
}

TEST_CASE("two rollouts far apart are not taken for one difference") {
  ConfigurationComparison comparison;
  comparison.set_own("1111");
  CHECK_FALSE(comparison.is_lasting_difference(other, start));
  CHECK_FALSE(comparison.is_lasting_difference(other, start + 400s));
}

}  // namespace
}  // namespace alloy::cluster
