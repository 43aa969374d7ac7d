#include "signals/search_expression.h"

#include <doctest/doctest.h>

namespace alloy {
namespace {

TEST_CASE("expressions are looked for anywhere, with Go's syntax") {
  const auto expression = SearchExpression::create(R"((?<a>x)|(?P<a>y)|[(?<b>z)]\Q(?<c>\E)");
  REQUIRE(expression);
  CHECK(expression->group_names() == std::vector<std::string>{"", "a", "a"});
  CHECK(SearchExpression::create("l")->replace_all("hello", "<$0>") == "he<l><l>o");
  CHECK(SearchExpression::create("x*")->replace_all("abxc", "-") == "-a-b-c-");
  CHECK(SearchExpression::create("(?=a)").error().message() ==
        "error parsing regexp: invalid or unsupported Perl syntax: `(?=`");
  CHECK(SearchExpression::create("a(?<!x)b").error().message() ==
        "error parsing regexp: invalid named capture: `(?<!x)b`");
  CHECK(SearchExpression::create("(?<a-b>x)").error().message() ==
        "error parsing regexp: invalid named capture: `(?<a-b>`");
  CHECK(SearchExpression::create("\\C").error().message() ==
        "error parsing regexp: invalid escape sequence: `\\C`");
}

}  // namespace
}  // namespace alloy
