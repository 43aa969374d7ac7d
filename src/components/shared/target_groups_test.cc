#include "components/shared/target_groups.h"

#include <doctest/doctest.h>

namespace alloy::discovery {
namespace {

Target target(std::string_view address) { return Target({{"__address__", address}}); }

std::string addresses(const TargetGroups& groups) {
  std::string text;
  for (const Target& target : groups.list()) text += std::string(target.get("__address__")) + " ";
  return text;
}

}  // namespace

TEST_CASE("groups come, change and go by source") {
  TargetGroups groups;
  CHECK(groups.update({{"b", {target("b1")}}, {"a", {target("a1"), target("a2")}}}));
  CHECK(addresses(groups) == "a1 a2 b1 ");
  CHECK(groups.update({{"b", {target("b2")}}}));
  CHECK(addresses(groups) == "a1 a2 b2 ");
  CHECK(groups.update({{"a", {}}}));
  CHECK(addresses(groups) == "b2 ");
  CHECK_FALSE(groups.update({{"a", {}}}));
  CHECK(groups.replace({{"c", {target("c1")}}}));
  CHECK(addresses(groups) == "c1 ");
}

TEST_CASE("what doesn't change is no change and stays the same object") {
  TargetGroups groups;
  groups.replace({{"a", {target("1"), target("2"), target("3"), target("4")}}});
  const auto before = groups.list();
  CHECK_FALSE(groups.replace({{"a", {target("1"), target("2"), target("3"), target("4")}}}));
  const auto is_same = [](const Target& left, const Target& right) {
    return left[0].value.data() == right[0].value.data();
  };
  CHECK(is_same(groups.list()[3], before[3]));
  CHECK(groups.replace({{"a", {target("1"), target("3"), target("new"), target("4")}}}));
  const auto after = groups.list();
  CHECK(is_same(after[0], before[0]));
  CHECK(is_same(after[1], before[2]));
  CHECK(is_same(after[3], before[3]));
}

TEST_CASE("label names, tags and addresses as discovery writes them") {
  CHECK(sanitize_label_name("app.kubernetes.io/name") == "app_kubernetes_io_name");
  CHECK(sanitize_label_name("é1") == "_1");
  CHECK(join_tags(std::vector<std::string_view>{"a", "b"}, ",") == ",a,b,");
  CHECK(join_tags({}, ",") == ",,");
  CHECK(join_host_port("::1", 80) == "[::1]:80");
  CHECK(join_host_port("h", "web") == "h:web");
}

}  // namespace alloy::discovery
