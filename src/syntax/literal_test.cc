#include "syntax/literal.h"

#include <doctest/doctest.h>

namespace alloy::syntax {
namespace {

TEST_CASE("string literals have the value their escapes say") {
  CHECK(unquote(R"("a\n\t\"\\")") == "a\n\t\"\\");
  CHECK(unquote(R"("\x41\101\u00e9\U0001F600")") == "AAé😀");
  CHECK(unquote(R"("\xff")") == "\xff");
  CHECK(unquote("`a\\n\r\n`") == "a\\n\n");
}

TEST_CASE("malformed literals have no value") {
  for (const char* text : {"", "\"", "\"a", "'a'", R"("\q")", R"("\x4")", R"("\400")",
                           R"("\uD800")", R"("\U00110000")", "\"\\"}) {
    CAPTURE(text);
    CHECK(!unquote(text).has_value());
  }
}

TEST_CASE("names start with a letter of any script, and are no keywords") {
  for (const char* text : {"a", "_", "é9", "名前"}) CHECK(is_identifier(text));
  for (const char* text : {"", "9", "a-b", "a.b", "true", "null", "a ", "\xff"}) {
    CHECK(!is_identifier(text));
  }
}

TEST_CASE("any text can be made a name") {
  CHECK(sanitize_identifier("fine") == "fine");
  CHECK(sanitize_identifier("9 lives-long") == "_9_lives_long");
  CHECK(sanitize_identifier("").empty());
}

}  // namespace
}  // namespace alloy::syntax
