#include <doctest/doctest.h>

#include "signals/line_pattern.h"
#include "signals/log_selector.h"
#include "signals/logfmt.h"
#include "signals/search_expression.h"

namespace alloy {
namespace {

std::string pairs_of(std::string_view text) {
  Scratch scratch;
  LogfmtReader reader(text, scratch);
  LogfmtReader::Pair pair;
  std::string out;
  while (reader.next(pair)) out += std::string(pair.key) + "=" + std::string(pair.value) + ";";
  return out + (reader.failed() ? "failed" : "");
}

TEST_CASE("logfmt has quoted values, keys without values, and blanks") {
  CHECK(pairs_of("a=1  b=\"x y\" c d= e=\"\"") == "a=1;b=x y;c=;d=;e=;");
  CHECK(pairs_of(R"(a="say \"hi\"\n\u00e9\ud83d\ude00")") == "a=say \"hi\"\né😀;");
  CHECK(pairs_of("a=1\nb=2") == "a=1;b=2;");
}

TEST_CASE("logfmt keeps what stands before a mistake") {
  CHECK(pairs_of("a=1 b=x\"y c=2") == "a=1;failed");
  CHECK(pairs_of("a=1 =2") == "a=1;failed");
  CHECK(pairs_of("a=\"open") == "failed");
  CHECK(pairs_of("a=\"two\nlines\"") == "failed");
  CHECK(pairs_of("a=1=2") == "failed");
}

std::string captured(std::string_view pattern, std::string_view text) {
  const auto made = LinePattern::create(pattern);
  if (!made) return made.error().message();
  std::vector<std::string_view> captures(made->names().size());
  const size_t found = made->match(text, captures);
  std::string out;
  for (size_t i = 0; i < found; ++i) {
    out += made->names()[i] + "=" + std::string(captures[i]) + ";";
  }
  return out;
}

TEST_CASE("patterns capture what stands between their texts") {
  CHECK(captured("<ip> - <user> [<_>] <rest>", "1.2.3.4 - bob [now] GET /") ==
        "ip=1.2.3.4;user=bob;rest=GET /;");
  CHECK(captured("level=<l> ", "level=info x") == "l=info;");
  CHECK(captured("level=<l>", "x level=info") == "");
  CHECK(captured("a<x>b<y>c", "a1zz") == "x=1zz;");
  CHECK(captured("<a><b>", "") == "found consecutive capture '<a><b>': invalid expression");
  CHECK(captured("<a> <a>", "") == "duplicate capture name (a): invalid expression");
  CHECK(captured("text", "") == "at least one capture is required");
}

std::string refused(std::string_view selector) {
  const auto made = LogSelector::parse(selector);
  REQUIRE(!made);
  return made.error().message();
}

TEST_CASE("selectors match labels, and lines") {
  const auto selector =
      LogSelector::parse(R"({app="x", env!~"dev.*"} |= "err" != "ignored" |~ "\\d+" // why
  )");
  REQUIRE(selector);
  REQUIRE(selector->matchers().size() == 2);
  CHECK(selector->matchers()[0].accepts("x"));
  CHECK(!selector->matchers()[1].accepts("dev-1"));
  CHECK(selector->matchers()[1].accepts(""));
  CHECK(selector->accepts_line("err 5"));
  CHECK(!selector->accepts_line("err"));
  CHECK(!selector->accepts_line("err 5 ignored"));
}

TEST_CASE("selectors are refused with the place of the mistake") {
  CHECK(refused("{}") ==
        "parse error at line 1, col 2: syntax error: unexpected }, expecting IDENTIFIER");
  CHECK(refused("{foo=\"bar\"") ==
        "parse error at line 1, col 11: syntax error: unexpected $end, expecting } or ,");
  CHECK(refused("{foo=\"bar}") == "parse error at line 1, col 6: literal not terminated");
  CHECK(refused("{a=`b`}") ==
        "parse error at line 1, col 4: syntax error: unexpected IDENTIFIER, expecting STRING");
  CHECK(refused("{a=\"b\"} | json") ==
        "parse error at line 1, col 9: syntax error: unexpected IDENTIFIER, expecting != or !~ or "
        "|~ or |=");
  CHECK(refused("{a=~\"(\"}").contains("missing closing )"));
}

TEST_CASE("expressions are looked for anywhere, with Go's syntax") {
  const auto expression = SearchExpression::create(R"((?<a>x)|(?P<a>y)|[(?<b>z)]\Q(?<c>\E)");
  REQUIRE(expression);
  CHECK(expression->group_names() == std::vector<std::string>{"", "a", "a"});
  CHECK(SearchExpression::create("l")->replace_all("hello", "<$0>") == "he<l><l>o");
  CHECK(SearchExpression::create("x*")->replace_all("abxc", "-") == "-a-b-c-");
  CHECK(SearchExpression::create("(?=a)").error().message() ==
        "error parsing regexp: invalid or unsupported Perl syntax: `(?=`");
}

}  // namespace
}  // namespace alloy
