#include "syntax/printer.h"

#include <doctest/doctest.h>

#include "syntax/parser.h"

namespace alloy::syntax {
namespace {

std::string formatted(std::string text) {
  auto result = format(make_source("test.alloy", std::move(text)));
  return result ? *result : "! " + result.error().to_string();
}

TEST_CASE("fmt aligns the values of neighbouring attributes") {
  CHECK(formatted("a=1\nlonger   =   2\n") == "a      = 1\nlonger = 2\n");
}

TEST_CASE("fmt sets blocks apart by an empty line") {
  CHECK(formatted("a \"x\" { b=1 }\nc {}\n") == "a \"x\" {\n\tb = 1\n}\n\nc { }\n");
}

}  // namespace
}  // namespace alloy::syntax
