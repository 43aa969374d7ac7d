#include <doctest/doctest.h>

#include "components/loki/secretfilter/detector.h"
#include "components/loki/secretfilter/toml.h"

namespace alloy::loki::secretfilter {
namespace {

std::string found(const RuleSet& rules, std::string_view line) {
  std::string out;
  for (const Finding& finding : Detector(rules).find(line, [] { return false; })) {
    out += std::string(finding.rule) + "=" + std::string(finding.secret) + ";";
  }
  return out;
}

TEST_CASE("built-in rules know the tokens of well-known services") {
  const RuleSet& rules = built_in_rules();
  CHECK(found(rules, "token ghp_0123456789abcdefghijABCDEFGHIJ012345 used")
            .starts_with("github-pat=ghp_"));
  CHECK(found(rules, "id AKIAQYLPMN5HHHFPZAM2") == "aws-access-token=AKIAQYLPMN5HHHFPZAM2;");
  CHECK(found(rules, "id AKIAIOSFODNN7EXAMPLE").empty());
  CHECK(found(rules, R"(api_key="7f3K9dQ2mX8vR1zL5tB0")") ==
        "generic-api-key=7f3K9dQ2mX8vR1zL5tB0;");
  CHECK(found(rules, R"(password="changeme-please")").empty());
  CHECK(found(rules, "an ordinary line about keys and tokens").empty());
  CHECK(found(rules, "id AKIAQYLPMN5HHHFPZAM2 gitleaks:allow").empty());
}

TEST_CASE("a file of rules extends or replaces those that are built in") {
  const auto rules = parse_rules(R"(
title = "own"   # a comment
[extend]
useDefault = true
disabledRules = ["generic-api-key"]
[[rules]]
id = "pin"
regex = '''pin=(\d{6})'''
keywords = ["PIN="]
  [[rules.allowlists]]
  regexes = ['^0+$']
)");
  REQUIRE(rules);
  CHECK(found(*rules, "pin=123456 pin=000000") == "pin=123456;");
  CHECK(found(*rules, R"(api_key="7f3K9dQ2mX8vR1zL5tB0")").empty());
  CHECK(!parse_rules("[[rules]]\nid = \"a\"\nregex = '('"));
  CHECK(parse_rules("a = \n").error().message().starts_with("line 1"));
}

TEST_CASE("secrets are masked in part, or as a whole") {
  CHECK(masked("tok_abcdefghij", 50) == "tok_abc...");
  CHECK(masked("tok_abcdefghij", 100) == "REDACTED");
  CHECK(entropy_of("aaaa") == 0);
  CHECK(entropy_of("ab") == 1);
}

TEST_CASE("TOML has texts of four kinds, arrays over several lines, and tables") {
  const auto table = parse_toml(R"(
a.b = "x\ty" # c
list = [ 'l\1', """two
lines""", 3, true,
]
[t."q r"]
n = 1_000.5
[[t.list]]
[[t.list]]
x = '''it's'''
)");
  REQUIRE(table);
  CHECK(*table->at("a").table()->at("b").text() == "x\ty");
  CHECK(table->at("list").array()->size() == 4);
  CHECK(*(*table->at("list").array())[1].text() == "two\nlines");
  CHECK(*table->at("t").table()->at("q r").table()->at("n").number() == 1000.5);
  CHECK(*(*table->at("t").table()->at("list").array())[1].table()->at("x").text() == "it's");
  for (const char* text : {"a", "a =", "a = 1 2", "a = \"x", "[a", "a = 1\na = 2", "a = [1"}) {
    CAPTURE(text);
    CHECK(!parse_toml(text));
  }
}

}  // namespace
}  // namespace alloy::loki::secretfilter
