#include "components/shared/kubernetes/label_selector.h"

#include <doctest/doctest.h>

namespace alloy::kubernetes {

TEST_CASE("a label selector holds where all of its conditions do, here and in a query") {
  const auto selector = LabelSelector::create({.match_labels = {{"app", "web"}},
                                               .match_expressions = {{"env", "In", {"prod", "dev"}},
                                                                     {"tier", "NotIn", {"db"}},
                                                                     {"x", "Exists", {}},
                                                                     {"y", "DoesNotExist", {}}}});
  REQUIRE(selector);
  CHECK(selector->text() == "app=web,env in (dev,prod),tier notin (db),x,!y");
  CHECK(selector->matches({{"app", "web"}, {"env", "dev"}, {"x", ""}}));
  CHECK_FALSE(selector->matches({{"app", "web"}, {"env", "dev"}}));
  CHECK_FALSE(selector->matches({{"app", "web"}, {"env", "dev"}, {"x", ""}, {"y", ""}}));
  CHECK_FALSE(selector->matches({{"app", "web"}, {"env", "dev"}, {"x", ""}, {"tier", "db"}}));
  CHECK(LabelSelector().matches({}));
}

TEST_CASE("a label selector refuses values where there can be none, and none where they must be") {
  CHECK_FALSE(LabelSelector::create({.match_labels = {}, .match_expressions = {{"a", "In", {}}}}));
  CHECK_FALSE(
      LabelSelector::create({.match_labels = {}, .match_expressions = {{"a", "Exists", {"b"}}}}));
}

}  // namespace alloy::kubernetes
