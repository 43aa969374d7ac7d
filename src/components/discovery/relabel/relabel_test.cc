// discovery.relabel as its users see it.
#include <doctest/doctest.h>

#include "component/component_harness.h"
#include "signals/targets.h"

namespace alloy {

extern const ComponentType discovery_relabel;

namespace {

TargetsPointer output(const ComponentHarness& harness) {
  const Value exports = harness.exports_value();
  auto targets = to_targets(*exports.as_object()->find("output"));
  REQUIRE(targets.has_value());
  return *targets;
}

}  // namespace

TEST_CASE("discovery.relabel rewrites targets and leaves out what its rules drop") {
  ComponentHarness relabel(discovery_relabel);
  REQUIRE(relabel
              .update(R"(
targets = [{"__address__" = "a:1", "n" = 5}, {"__address__" = "b:1"}]
rule {
  source_labels = ["__address__"]
  regex = "(.*):.*"
  target_label = "host"
}
rule {
  source_labels = ["host"]
  regex = "b"
  action = "drop"
}
)")
              .has_value());
  const auto targets = output(relabel);
  REQUIRE(targets->size() == 1);
  CHECK(targets->targets()[0].describe() == R"({__address__="a:1", host="a", n="5"})");
}

TEST_CASE("discovery.relabel shares targets that its rules don't change") {
  ComponentHarness relabel(discovery_relabel);
  const auto given = std::make_shared<const Targets>(
      std::vector<Target>{Target({{"a", "1"}}), Target({{"a", ""}, {"b", "2"}})});
  relabel.variables().set("given", Value::array(given));
  REQUIRE(relabel.update("targets = given").has_value());
  const auto targets = output(relabel);
  CHECK(targets->targets()[0][0].value.data() == given->targets()[0][0].value.data());
  CHECK(targets->targets()[1].describe() == R"({b="2"})");
}

TEST_CASE("discovery.relabel exports its rules") {
  ComponentHarness relabel(discovery_relabel);
  REQUIRE(
      relabel.update("targets = []\nrule { regex = \"x\"\naction = \"labeldrop\" }").has_value());
  const Value exports = relabel.exports_value();
  CHECK(exports.as_object()->find("rules")->describe() == "capsule(\"relabel.Rules\")");
}

TEST_CASE("discovery.relabel refuses rules that can't work") {
  ComponentHarness relabel(discovery_relabel);
  CHECK(relabel.update("targets = []\nrule { regex = \"(\" }")
            .error()
            .message()
            .contains("missing closing )"));
  CHECK(relabel.update("targets = []\nrule { action = \"Keep\" }")
            .error()
            .message()
            .contains("unrecognized action type \"Keep\""));
}

}  // namespace alloy
