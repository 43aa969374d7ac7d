// The actions of relabelling, and what their rules may say.
#include "signals/relabel.h"

#include <doctest/doctest.h>

#include "signals/relabel_cache.h"

namespace alloy {

namespace {

std::string relabel(std::vector<Label> labels, std::vector<RelabelRule> rules,
                    LabelNameRules names = LabelNameRules::utf8) {
  for (const RelabelRule& rule : rules) {
    if (const auto valid = rule.validate(); !valid) return valid.error().message();
  }
  LabelBuilder builder;
  builder.reset(labels);
  if (!RelabelRules(std::move(rules)).apply(builder, names)) return "dropped";
  return builder.build().describe();
}

RegularExpression regex(std::string_view source) { return RegularExpression::known(source); }

std::string replaced(std::string_view replacement) {
  return relabel({{"v", "alpha-42-beta"}},
                 {{.source_labels = {"v"},
                   .regex = regex(R"((?P<head>[a-z]+)-(\d+)-(?P<tail>.+))"),
                   .target_label = "v",
                   .replacement = std::string(replacement)}});
}

}  // namespace

TEST_CASE("replace fills in groups the way Go does") {
  CHECK(replaced("$1") == R"({v="alpha"})");
  CHECK(replaced("${2}$1") == R"({v="42alpha"})");
  CHECK(replaced("$1x") == "{}");
  CHECK(replaced("${1}x") == R"({v="alphax"})");
  CHECK(replaced("${head}-$tail") == R"({v="alpha-beta"})");
  CHECK(replaced("$head_x") == "{}");
  CHECK(replaced("$$1") == R"({v="$1"})");
  CHECK(replaced("a$") == R"({v="a$"})");
  CHECK(replaced("$0") == R"({v="alpha-42-beta"})");
  CHECK(replaced("${9}z") == R"({v="z"})");
  CHECK(replaced("${}") == R"({v="${}"})");
  CHECK(replaced("$-") == R"({v="$-"})");
  CHECK(replaced("${bad name}") == R"({v="${bad name}"})");
}

TEST_CASE("replace joins sources, and an empty result removes the label") {
  CHECK(relabel({{"a", "1"}, {"b", "2"}}, {{.source_labels = {"a", "b"}, .target_label = "c"}}) ==
        R"({a="1", b="2", c="1;2"})");
  CHECK(relabel({{"a", "1"}, {"b", "2"}},
                {{.source_labels = {"a"}, .target_label = "b", .replacement = ""}}) ==
        R"({a="1"})");
  CHECK(
      relabel({{"a", "1"}}, {{.source_labels = {"a"}, .regex = regex("2"), .target_label = "a"}}) ==
      R"({a="1"})");
}

TEST_CASE("the target label may be a template") {
  const RelabelRule rule{.source_labels = {"k", "v"},
                         .regex = regex("(.*);(.*)"),
                         .target_label = "${1}",
                         .replacement = "$2"};
  CHECK(relabel({{"k", "color"}, {"v", "red"}}, {rule}) == R"({color="red", k="color", v="red"})");
  CHECK(relabel({{"v", "y"}}, {rule}) == R"({v="y"})");
  CHECK(relabel({{"k", "a-b"}, {"v", "z"}}, {rule}) == R"({"a-b"="z", k="a-b", v="z"})");
  CHECK(relabel({{"k", "a-b"}, {"v", "z"}}, {rule}, LabelNameRules::legacy) ==
        R"({k="a-b", v="z"})");
}

TEST_CASE("keep, drop and their comparisons decide about the whole set") {
  using enum RelabelAction;
  const auto keeps = [](RelabelRule rule) {
    return relabel({{"a", "x"}, {"b", "x"}}, {rule}) != "dropped";
  };
  CHECK(keeps({.source_labels = {"a"}, .regex = regex("x|y"), .action = keep}));
  CHECK_FALSE(keeps({.source_labels = {"a"}, .regex = regex("y"), .action = keep}));
  CHECK_FALSE(keeps({.source_labels = {"a"}, .action = drop}));
  CHECK(keeps({.source_labels = {"a"}, .regex = regex(".*y"), .action = drop}));
  CHECK(keeps({.source_labels = {"a"}, .target_label = "b", .action = keepequal}));
  CHECK_FALSE(keeps({.source_labels = {"a"}, .target_label = "b", .action = dropequal}));
}

TEST_CASE("hashmod is the tail of MD5") {
  CHECK(relabel({{"a", "X"}}, {{.source_labels = {"a"},
                                .modulus = 10,
                                .target_label = "h",
                                .action = RelabelAction::hashmod}}) == R"({a="X", h="7"})");
}

TEST_CASE("labelmap, labeldrop and labelkeep work on names") {
  using enum RelabelAction;
  CHECK(relabel({{"p_9", "n"}, {"q", "m"}}, {{.regex = regex("p_(.+)"), .action = labelmap}}) ==
        R"({"9"="n", p_9="n", q="m"})");
  CHECK(relabel({{"ab", "1"}, {"b", "2"}}, {{.regex = regex("a.*"), .action = labeldrop}}) ==
        R"({b="2"})");
  CHECK(relabel({{"ab", "1"}, {"b", "2"}}, {{.regex = regex("a.*"), .action = labelkeep}}) ==
        R"({ab="1"})");
}

TEST_CASE("lowercase and uppercase know more than ASCII") {
  using enum RelabelAction;
  CHECK(relabel({{"a", "AbÉ"}},
                {{.source_labels = {"a"}, .target_label = "a", .action = lowercase}}) ==
        "{a=\"abé\"}");
  CHECK(relabel({{"a", "aé1"}},
                {{.source_labels = {"a"}, .target_label = "a", .action = uppercase}}) ==
        "{a=\"AÉ1\"}");
}

TEST_CASE("rules that can't work are refused in the words of the real program") {
  using enum RelabelAction;
  const auto error = [](const RelabelRule& rule) {
    const auto valid = rule.validate();
    return valid ? "" : valid.error().message();
  };
  CHECK(error({.source_labels = {"a"}}) ==
        "relabel configuration for replace action requires 'target_label' value");
  CHECK(error({.target_label = "b", .action = hashmod}) ==
        "relabel configuration for hashmod requires non-zero modulus");
  CHECK(error({.target_label = "$1-x"}) ==
        R"("$1-x" is invalid 'target_label' for replace action)");
  CHECK(error({.target_label = "c.d é"}).empty());
  CHECK(error({.regex = regex("x"), .target_label = "b", .action = keepequal}) ==
        "keepequal action requires only 'source_labels' and 'target_label', and no other fields");
  CHECK(error({.separator = ",", .regex = regex("b"), .action = labelkeep}) ==
        "labelkeep action requires only 'regex', and no other fields");
  CHECK(error({.target_label = "b", .replacement = "x", .action = lowercase}) ==
        "'replacement' can not be set for lowercase action");
  CHECK(RegularExpression::create("(?=x)").error().message() ==
        "error parsing regexp: invalid or unsupported Perl syntax: `(?=`");
}

TEST_CASE("a cache relabels a series once, however often its samples come") {
  SeriesStore store;
  RelabelCache cache(store);
  cache.reset(std::make_shared<const RelabelRules>(std::vector<RelabelRule>{
                  {.source_labels = {"a"}, .regex = regex("no"), .action = RelabelAction::drop},
                  {.source_labels = {"a"}, .target_label = "b"}}),
              LabelSet({{"a", "unused"}, {"x", "1"}}));
  const SeriesRef kept = store.intern(std::vector<Label>{{"a", "yes"}});
  SeriesRef dropped = store.intern(std::vector<Label>{{"a", "no"}});
  const Series* result = cache.find(*kept);
  REQUIRE(result != nullptr);
  CHECK(store.describe(*result) == R"({a="yes", b="yes", x="1"})");
  CHECK(cache.find(*kept) == result);
  CHECK(cache.find(*dropped) == nullptr);
  CHECK(cache.counts().hits == 1);
  CHECK(cache.counts().misses == 2);

  SUBCASE("a series in a reused slot is another one") {
    const uint32_t slot = dropped->slot();
    dropped = {};
    const SeriesRef next = store.intern(std::vector<Label>{{"a", "maybe"}});
    REQUIRE(next->slot() == slot);
    CHECK(store.describe(*cache.find(*next)) == R"({a="maybe", b="maybe", x="1"})");
    CHECK(cache.size() == 2);
  }
  SUBCASE("what ended is released when nobody uses it any more") {
    cache.forget(*kept);
    CHECK(store.describe(*result) == R"({a="yes", b="yes", x="1"})");
    cache.release_forgotten();
    CHECK(store.size() == 2);
    CHECK(cache.size() == 1);
  }
  SUBCASE("what nobody asks for is released in the end") {
    cache.mark_unused();
    cache.find(*kept);
    cache.mark_unused();
    CHECK(cache.size() == 1);
    cache.mark_unused();
    cache.release_forgotten();
    CHECK(cache.size() == 0);
    CHECK(store.size() == 2);
  }
}

}  // namespace alloy
