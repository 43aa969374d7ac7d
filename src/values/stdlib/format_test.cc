#include "values/stdlib/format.h"

#include <doctest/doctest.h>

namespace alloy::stdlib {
namespace {

std::string formatted(std::string_view text, std::vector<Value> arguments = {}) {
  return format(text, arguments);
}
Value number(int64_t value) { return Value::integer(value); }
Value text(const char* value) { return Value::string(value); }

TEST_CASE("directives are replaced by their arguments") {
  CHECK(formatted("%d%% of %s, %v", {number(5), text("x"), Value::boolean(true)}) ==
        "5% of x, true");
  CHECK(formatted("%[2]s %[1]s", {text("a"), text("b")}) == "b a");
}

TEST_CASE("width, precision and flags shape numbers") {
  CHECK(formatted("%5d|%-5d|%05d|%+d|% d", {number(42), number(42), number(-42), number(42),
                                            number(42)}) == "   42|42   |-0042|+42| 42");
  CHECK(formatted("%x %X %#x %o %#o %b %O", {number(255), number(255), number(255), number(8),
                                             number(8), number(5), number(8)}) ==
        "ff FF 0xff 10 010 101 0o10");
  CHECK(formatted("%*d|%.3d", {number(4), number(7), number(7)}) == "   7|007");
  CHECK(formatted("%c %q %U", {number(0x4e2d), number('x'), number(0x1f600)}) == "中 'x' U+1F600");
}

TEST_CASE("floating numbers are written as Go does") {
  auto one = [](std::string_view directive, double value) {
    return formatted(directive, {Value::floating(value)});
  };
  CHECK(one("%v", 0.1) == "0.1");
  CHECK(one("%v", 100000) == "100000");
  CHECK(one("%v", 1000000) == "1e+06");
  CHECK(one("%v", 1e-5) == "1e-05");
  CHECK(one("%.2f", 2.345) == "2.35");
  CHECK(one("%8.3f|", 3.14159) == "   3.142|");
  CHECK(one("%e", 1234.5) == "1.234500e+03");
  CHECK(one("%g", 1e21) == "1e+21");
  CHECK(one("%x", 1.5) == "0x1.8p+00");
  CHECK(one("%+.1f", 1) == "+1.0");
  CHECK(one("%06.1f", -1.5) == "-001.5");
}

TEST_CASE("texts are padded, cut and quoted by characters") {
  CHECK(formatted("%5s|%-5s|%.2s", {text("ä"), text("ä"), text("äöü")}) == "    ä|ä    |äö");
  CHECK(formatted("%q %+q %#q", {text("ä\n"), text("ä"), text("a\\b")}) ==
        "\"ä\\n\" \"\\u00e4\" `a\\b`");
  CHECK(formatted("%x % X", {text("hi"), text("hi")}) == "6869 68 69");
}

TEST_CASE("lists and objects are written with their elements") {
  Value list = Value::array({number(1), text("a"), Value()});
  Value object = Value::object(Object::ordered({{"b", list}, {"a", number(2)}}));
  CHECK(formatted("%v %v", {list, object}) == "[1 a <nil>] map[a:2 b:[1 a <nil>]]");
  CHECK(formatted("%#v", {object}) ==
        "map[string]interface {}{\"a\":2, \"b\":[]interface {}{1, \"a\", interface {}(nil)}}");
  CHECK(formatted("%03d", {Value::array({number(1), number(2)})}) == "[001 002]");
}

TEST_CASE("mistakes are written into the result") {
  CHECK(formatted("%d", {text("a")}) == "%!d(string=a)");
  CHECK(formatted("%d %s", {number(1)}) == "1 %!s(MISSING)");
  CHECK(formatted("x", {number(1), Value()}) == "x%!(EXTRA int=1, <nil>)");
  CHECK(formatted("100%") == "100%!(NOVERB)");
  CHECK(formatted("%[3]d", {number(1)}) == "%!d(BADINDEX)");
  CHECK(formatted("%*d", {text("x"), number(1)}) == "%!(BADWIDTH)1");
  CHECK(formatted("%.2f", {number(5)}) == "%!f(int=05)");
  CHECK(formatted("%99999999d", {number(1)}) == "%!(NOVERB)%!(EXTRA int=1)");
}

}  // namespace
}  // namespace alloy::stdlib
