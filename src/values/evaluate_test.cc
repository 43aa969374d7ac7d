#include "values/evaluate.h"

#include <doctest/doctest.h>

#include "values/evaluation_test.h"
#include "values/references.h"
#include "values/secret.h"

namespace alloy {
namespace {

TEST_CASE("operators follow their precedence") {
  CHECK(result_of("1 + 2 * 3") == "7");
  CHECK(result_of("(1 + 2) * 3") == "9");
  CHECK(result_of("2 ^ 3 ^ 1 + 1") == "9");
  CHECK(result_of("1 + 1 == 2 && !false") == "true");
}

TEST_CASE("integers wrap around and stay integers") {
  CHECK(result_of("9223372036854775807 + 1") == "-9223372036854775808");
  CHECK(result_of("7 / 2") == "3");
  CHECK(result_of("-7 % 4") == "-3");
  CHECK(result_of("(-9223372036854775807 - 1) / -1") == "-9223372036854775808");
  CHECK(result_of("(-9223372036854775807 - 1) % -1") == "0");
  CHECK(result_of("2 ^ 10") == "1024");
  CHECK(result_of("2 ^ -1") == "2");
  CHECK(result_of("3 ^ 9223372036854775807") == "-6148914691236517205");
}

TEST_CASE("numbers of several kinds meet in the widest one") {
  CHECK(result_of("1 + 0.5") == "1.5");
  CHECK(result_of("3 == 3.0") == "true");
  CHECK(result_of("18446744073709551615 + 0") == "-1");
  CHECK(result_of("18446744073709551615 > 1.5") == "true");
  CHECK(result_of("010 + 1") == "9");
}

TEST_CASE("operands of a wrong type are named with their place") {
  CHECK(result_of("1 + \"a\"") == "1:5: \"a\" should be number, got string");
  CHECK(result_of("\"a\" - 1") == "1:1: \"a\" should be one of [number] for binop -, got string");
  CHECK(result_of("1 / (1 - 1)") == "1:5: (1 - 1) divide by zero error");
  CHECK(result_of("-\"a\"") == "1:2: \"a\" should be number, got string");
}

TEST_CASE("a null in an operation has no place") {
  CHECK(result_of("null / 2") == "-:  should be one of [number] for binop /, got null");
}

TEST_CASE("values of different types are never equal") {
  CHECK(result_of("1 == \"1\"") == "false");
  CHECK(result_of("null == null") == "true");
  CHECK(result_of("[1, {a = 2}] == [1.0, {\"a\" = 2}]") == "true");
  CHECK(result_of("coalesce == coalesce") == "false");
}

TEST_CASE("objects give their fields by name and by index") {
  CHECK(result_of("{a = {b = 5}}.a.b") == "5");
  CHECK(result_of("{a = 1, a = 2}") == "{a = 2}");
  CHECK(result_of("{a = 1}[\"b\"]") == "null");
  CHECK(result_of("{abc = {}}.abc.xyz") == "1:16: field \"xyz\" does not exist");
  CHECK(result_of("{a = 1}[0]") == "1:9: 0 should be string, got number");
}

TEST_CASE("arrays give their elements by number") {
  CHECK(result_of("[1, 2, 3][1 + 1]") == "3");
  CHECK(result_of("[1, 2][2]") == "1:8: 2 index 2 is out of range of array with length 2");
  CHECK(result_of("[1][\"0\"]") == "1:5: \"0\" should be number, got string");
}

TEST_CASE("only functions can be called") {
  CHECK(result_of("{}()") == "1:1: {} should be function, got object");
  CHECK(result_of("string.to_upper()") == "1:1: string.to_upper expected 1 args, got 0");
}

TEST_CASE("an argument of a wrong type is named, also inside a list") {
  CHECK(result_of("string.join([\"a\", true], \",\")") == "1:19: true should be string, got bool");
  Variables scope;
  scope.set("list", Value::array({Value::string("a"), Value::boolean(true)}));
  CHECK(shown(evaluate_text("string.join(list, \",\")", scope)) ==
        "1:13: list should be string, got bool");
}

TEST_CASE("names come from the scope before they come from the standard library") {
  Variables outer;
  outer.set("a", Value::integer(1));
  Variables scope(&outer);
  scope.set("string", Value::integer(2));
  CHECK(shown(evaluate_text("a + string", scope)) == "3");
  CHECK(shown(evaluate_text("b", scope)) == "1:1: identifier \"b\" does not exist");
}

TEST_CASE("a scope may know more of a path than its first name") {
  class Components final : public Scope {
    Found resolve(std::span<const std::string_view> path) const override {
      if (path.size() < 2 || path[0] != "a" || path[1] != "b") return {};
      return {Value::object(Object::ordered({{"out", Value::integer(7)}})), 2};
    }
  } scope;
  CHECK(shown(evaluate_text("a.b.out", scope)) == "7");
  CHECK(shown(evaluate_text("a.b.other", scope)) == "1:5: field \"other\" does not exist");
  CHECK(shown(evaluate_text("a.c", scope)) == "1:1: identifier \"a\" does not exist");
}

TEST_CASE("long paths are followed to their end") {
  Value inner = Value::integer(1);
  std::string path = "root";
  for (int i = 0; i < 40; ++i) {
    inner = Value::object(Object::ordered({{"x", inner}}));
    path += ".x";
  }
  Variables scope;
  scope.set("root", inner);
  CHECK(shown(evaluate_text(path, scope)) == "1");
}

TEST_CASE("secrets spread to what is made from them") {
  Variables scope;
  scope.set("secret", encapsulate(Secret{"s3cret"}));
  scope.set("hidden", encapsulate(OptionalSecret{"s3cret", true}));
  scope.set("plain", encapsulate(OptionalSecret{"text", false}));
  for (const char* text : {"secret + \"x\"", "\"x\" + secret", "hidden + \"x\"", "plain + secret",
                           "string.format(\"%s\", secret)", "encoding.to_json({a = [secret]})"}) {
    CAPTURE(text);
    CHECK(shown(evaluate_text(text, scope)) == "(secret)");
  }
  CHECK(shown(evaluate_text("plain + \"!\"", scope)) == "\"text!\"");
  CHECK(shown(evaluate_text("convert.nonsensitive(secret)", scope)) == "\"s3cret\"");
  CHECK(shown(evaluate_text("string.to_upper(hidden)", scope)) ==
        "1:17: hidden secrets may not be converted into strings");
  CHECK(shown(evaluate_text("secret == \"s3cret\"", scope)) == "true");
}

TEST_CASE("references are the dotted names of an expression") {
  auto file = syntax::parse_expression(
      syntax::make_source("", "[a.b.c[d].e, f(g, -h.i)].j + {k = l}[\"m\"]"));
  REQUIRE(file);
  std::string found;
  for (const Reference& reference : references(*(*file)->expression())) {
    found += reference.to_string() + " ";
  }
  CHECK(found == "a.b.c d f g h.i l ");
}

TEST_CASE("a copy of a value shares what it holds") {
  Value text = Value::string("x");
  Value copy = text;
  CHECK(&copy.as_string() == &text.as_string());
  Value array = Value::array({text});
  CHECK(array.as_array() == Value(array).as_array());
}

}  // namespace
}  // namespace alloy
