#include "syntax/printer.h"

#include <doctest/doctest.h>

#include "syntax/parser.h"

namespace alloy::syntax {
namespace {

std::string formatted(std::string text) {
  auto result = format(make_source("test.alloy", std::move(text)));
  return result ? *result : "! " + result.error().to_string();
}

TEST_CASE("an empty file is printed as one line end") {
  CHECK(formatted("") == "\n");
  CHECK(formatted(" \n\t\n") == "\n");
}

TEST_CASE("the values of neighbouring attributes are aligned") {
  CHECK(formatted("a=1\nlonger   =   2\n") == "a      = 1\nlonger = 2\n");
  CHECK(formatted("a=1\n\nlonger=2\n") == "a = 1\n\nlonger = 2\n");
}

TEST_CASE("alignment counts characters, not bytes") {
  CHECK(formatted("é=1\nabc=2\n") == "é   = 1\nabc = 2\n");
}

TEST_CASE("a value of several lines ends the alignment") {
  CHECK(formatted("a=[\n1]\nlonger=2\n") == "a = [\n\t1]\nlonger = 2\n");
}

TEST_CASE("blocks are set apart by an empty line and indented") {
  CHECK(formatted("a \"x\" { b=1 }\nc {}\n") == "a \"x\" {\n\tb = 1\n}\n\nc { }\n");
}

TEST_CASE("several empty lines become one") {
  CHECK(formatted("a=1\n\n\n\nb=2") == "a = 1\n\nb = 2\n");
}

TEST_CASE("line breaks within arrays, objects and calls are the author's") {
  CHECK(formatted("a = [1,2,\n3,\n]\n") == "a = [1, 2,\n\t3,\n]\n");
  CHECK(formatted("a = {\nb=1,\nlong=2,\n}\n") == "a = {\n\tb    = 1,\n\tlong = 2,\n}\n");
  CHECK(formatted("a = f(1,\n2,\n)\n") == "a = f(1,\n\t2,\n)\n");
}

TEST_CASE("comments stay with what they belong to") {
  CHECK(formatted("// first\na=1 // one\nlonger=2 // two\n\n// last") ==
        "// first\na      = 1 // one\nlonger = 2 // two\n\n// last\n");
  CHECK(formatted("b {\n// inside\n}\n") == "b {\n\t// inside\n}\n");
  CHECK(formatted("a = /* in */ 1\n") == "a = /* in */ 1\n");
}

TEST_CASE("a call without arguments is closed on its line") {
  CHECK(formatted("a = f(\n)\n") == "a = f()\n");
}

TEST_CASE("quoted field names keep their escapes, raw ones become quoted") {
  CHECK(formatted("a = {\"x\\\"y\" = 1}\n") == "a = {\"x\\\"y\" = 1}\n");
  CHECK(formatted("a = {`x y` = 1}\n") == "a = {\"x y\" = 1}\n");
  CHECK(formatted("a = {`x\\y` = 1}\n") == "a = {`x\\y` = 1}\n");
}

TEST_CASE("strings are never changed") {
  CHECK(formatted("a = `x\ty \n\tz  `\n") == "a = `x\ty \n\tz  `\n");
  CHECK(formatted("a = \"x\ty  \"\n") == "a = \"x\ty  \"\n");
}

TEST_CASE("a comment whose line end would break the statement stays where it was") {
  const std::string text = "a = [f(1, // end\n) + 2]\nb = 1\n";
  const std::string once = formatted(text);
  CHECK(once.contains("// end"));
  CHECK(parse_file("printed", once).has_value());
  CHECK(formatted(once) == once);
}

TEST_CASE("an expression is printed alone") {
  const auto file = parse_expression(make_source("", "a [ 0 ].b( {x=1} )+- 2 "));
  REQUIRE(file.has_value());
  CHECK(print(*(*file)->expression()) == "a[0].b({x = 1}) + -2");
  CHECK(print(**file) == "a[0].b({x = 1}) + -2");
}

}  // namespace
}  // namespace alloy::syntax
