#include "components/shared/rules/rule_groups.h"

#include <doctest/doctest.h>

#include "components/shared/rules/rules_sync.h"

namespace alloy::rules {

TEST_CASE("a group of rules is the same whether a resource or a ruler tells of it") {
  const std::string json =
      R"({"metadata":{"name":"r","namespace":"n"},"spec":{"groups":[{"name":"g","interval":"60s",)"
      R"("limit":3,"rules":[{"alert":"A","expr":"up == 0\nor x","for":"300s","labels":{"b":"yes"},)"
      R"("annotations":{"text":"it: is"}},{"record":"r","expr":1}]}]}})";
  const auto document = JsonDocument::parse(json);
  REQUIRE(document);
  const auto object = rule_resource_type.decode(document->root());
  const auto& resource = static_cast<const RuleResource&>(*object);
  CHECK(resource.problem.empty());
  REQUIRE(resource.groups.size() == 1);
  const std::string yaml = resource.groups[0].to_yaml();
  CHECK(yaml ==
        "name: g\n"
        "interval: 1m\n"
        "limit: 3\n"
        "rules:\n"
        "- alert: A\n"
        "  expr: |-\n"
        "    up == 0\n"
        "    or x\n"
        "  for: 5m\n"
        "  labels:\n"
        "    b: \"yes\"\n"
        "  annotations:\n"
        "    text: 'it: is'\n"
        "- record: r\n"
        "  expr: \"1\"\n");
  std::string listed = "n:\n- ";
  for (const char c : yaml) {
    listed += c;
    if (c == '\n') listed += "  ";
  }
  const auto groups = parse_rule_groups(listed);
  REQUIRE(groups);
  CHECK(groups->at("n") == resource.groups);
}

TEST_CASE("resources that no ruler would take are left alone") {
  for (const char* groups :
       {R"([{"rules":[]}])", R"([{"name":"a"},{"name":"a"}])",
        R"([{"name":"a","rules":[{"expr":"x"}]}])", R"([{"name":"a","rules":[{"record":"x"}]}])",
        R"([{"name":"a","interval":"x"}])"}) {
    const auto document =
        JsonDocument::parse(fmt::format(R"({{"metadata":{{}},"spec":{{"groups":{}}}}})", groups));
    REQUIRE(document);
    const auto object = rule_resource_type.decode(document->root());
    CHECK_FALSE(static_cast<const RuleResource&>(*object).problem.empty());
  }
}

TEST_CASE("a namespace is ours if its name begins and ends as we make names") {
  const std::string uid = "0f0e0d0c-aaaa-4bbb-8ccc-ddddeeee0001";
  CHECK(is_managed_namespace("alloy", "alloy/n/r/" + uid));
  CHECK_FALSE(is_managed_namespace("alloy", "alloy" + uid));
  CHECK_FALSE(is_managed_namespace("alloy", "other/n/r/" + uid));
  CHECK_FALSE(is_managed_namespace("alloy", "alloy/n/r/" + uid + "x"));
}

}  // namespace alloy::rules
