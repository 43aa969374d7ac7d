#include "services/symbols.h"

#include <cstdlib>

#include <doctest/doctest.h>

namespace alloy {

[[gnu::noinline]] void function_with_a_name() { asm volatile(""); }

TEST_CASE("functions of the program and of its libraries have names") {
  const Symbols symbols;
  CHECK(symbols.name_of(reinterpret_cast<void*>(&function_with_a_name)) ==
        "alloy::function_with_a_name()");
  CHECK(symbols.name_of(reinterpret_cast<void*>(&std::getenv)) == "getenv");
  int on_the_stack = 0;
  CHECK(symbols.name_of(&on_the_stack) == "");
}

}  // namespace alloy
