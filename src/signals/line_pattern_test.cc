#include "signals/line_pattern.h"

#include <doctest/doctest.h>

namespace alloy {
namespace {

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

}  // namespace
}  // namespace alloy
