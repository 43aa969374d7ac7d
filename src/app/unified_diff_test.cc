#include "app/unified_diff.h"

#include <doctest/doctest.h>

namespace alloy::app {
namespace {

std::string diff(std::string_view from, std::string_view to) {
  return unified_diff("a", from, "b", to);
}

TEST_CASE("equal texts have no difference") {
  CHECK(diff("", "").empty());
  CHECK(diff("x\n", "x\n").empty());
}

TEST_CASE("changes are shown with three lines around them") {
  CHECK(diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n") ==
        "--- a\n+++ b\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
}

TEST_CASE("changes far from each other are shown apart") {
  CHECK(diff("a\n2\n3\n4\n5\n6\n7\n8\nb\n", "A\n2\n3\n4\n5\n6\n7\n8\nB\n") ==
        "--- a\n+++ b\n@@ -1,4 +1,4 @@\n-a\n+A\n 2\n 3\n 4\n@@ -6,4 +6,4 @@\n 6\n 7\n 8\n-b\n+B\n");
}

TEST_CASE("a missing line end and an empty text are shown") {
  CHECK(diff("x", "x\n") == "--- a\n+++ b\n@@ -1 +1 @@\n-x\n\\ No newline at end of file\n+x\n");
  CHECK(diff("", "x\n") == "--- a\n+++ b\n@@ -0,0 +1 @@\n+x\n");
}

}  // namespace
}  // namespace alloy::app
