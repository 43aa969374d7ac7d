#include "components/shared/target_group_text.h"

#include <doctest/doctest.h>

namespace alloy::discovery {
namespace {

constexpr GroupOrigin origin{.label = "__meta_from", .value = "f"};

std::string describe(const Result<std::vector<TargetGroup>>& groups) {
  if (!groups) return "error: " + groups.error().message();
  std::string text;
  for (const TargetGroup& group : *groups) {
    text += group.source + " ";
    for (const Target& target : group.targets) text += target.describe() + " ";
  }
  return text;
}
std::string json(std::string_view text) { return describe(read_json_groups(text, origin)); }
std::string yaml(const std::string& text) { return describe(read_yaml_groups(text, origin)); }

}  // namespace

TEST_CASE("JSON groups become targets with their labels and origin") {
  CHECK(json(R"([{"targets":["a:1","b:1"],"labels":{"team":"x"}},)"
             R"({"targets":[]},{"Targets":["c:1"]}])") ==
        R"(f:0 {__address__="a:1", __meta_from="f", team="x"} )"
        R"({__address__="b:1", __meta_from="f", team="x"} )"
        R"(f:2 {__address__="c:1", __meta_from="f"} )");
  CHECK(json(R"([{"targets":["a"],"labels":{"__address__":"x","__meta_from":"y","e":""}}])") ==
        R"(f:0 {__address__="a", __meta_from="f", e=""} )");
  CHECK(json("null").empty());
}

TEST_CASE("JSON that isn't a list of groups is refused") {
  CHECK(json("[null]") == "error: nil target group item found");
  CHECK(json("{}").starts_with("error: unexpected JSON: {} is an object"));
  CHECK(json(R"([{"targets":[1]}])").starts_with("error: unexpected JSON: 1 is a number"));
  CHECK(json(R"([{"target":["a"]}])") == "error: unknown field \"target\"");
  CHECK(json(R"([{"labels":{"":"x"}}])") == "error: \"\" is not a valid label name");
}

TEST_CASE("YAML groups are read with any scalar as text and merge keys") {
  CHECK(yaml("- targets: ['a:1', 5]\n  labels: {n: 1.50, b: true}\n") ==
        R"(f:0 {__address__="a:1", __meta_from="f", b="true", n="1.50"} )"
        R"({__address__="5", __meta_from="f", b="true", n="1.50"} )");
  CHECK(yaml("- labels: &l {a: x, b: y}\n- targets: [t]\n  labels: {<<: *l, b: z}\n") ==
        R"(f:1 {__address__="t", __meta_from="f", a="x", b="z"} )");
  CHECK(yaml("").empty());
}

TEST_CASE("YAML that isn't a list of groups is refused") {
  CHECK(yaml("- Targets: [x]\n") == "error: line 1: field Targets not found");
  CHECK(yaml("a: b") == "error: a list of target groups is expected");
  CHECK(yaml("- targets: [a]\n  targets: [b]\n").contains("already set in map"));
  CHECK(yaml("- targets: [{a: b}]\n").contains("cannot read a map as text"));
  CHECK(yaml("[").starts_with("error: yaml: "));
}

}  // namespace alloy::discovery
