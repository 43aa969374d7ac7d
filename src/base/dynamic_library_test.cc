#include "base/dynamic_library.h"

#include <doctest/doctest.h>

namespace alloy {
namespace {

TEST_CASE("functions of a library are found once it is loaded") {
  const DynamicLibrary library("libz.so.1");
  REQUIRE(library.loaded());
  const char* (*version)() = nullptr;
  library.bind(version, "zlibVersion");
  CHECK(std::string_view(version()).starts_with("1."));
}

TEST_CASE("a library that isn't there is named") {
  const DynamicLibrary library("libnowhere.so.7");
  REQUIRE_FALSE(library.loaded());
  CHECK(library.loaded().error().message().starts_with("loading libnowhere.so.7: "));
}

}  // namespace
}  // namespace alloy
