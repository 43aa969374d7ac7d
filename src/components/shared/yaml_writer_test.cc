#include "components/shared/yaml_writer.h"

#include <doctest/doctest.h>

namespace alloy {

TEST_CASE("texts are quoted in YAML only where they would mean something else") {
  for (const char* plain : {"x", "(a|b);true", "$1", "${1}://${2}${3}", "a:b", ";", ".*", "-x"})
    CHECK(yaml_scalar(plain) == plain);
  for (const char* quoted : {"y", "true", "1", "1.5", "null", "~", "0x1", "no"})
    CHECK(yaml_scalar(quoted) == fmt::format("\"{}\"", quoted));
  for (const char* quoted : {"a: b", "* x", "[a]", "a #b", "x:", "{a", "- x"})
    CHECK(yaml_scalar(quoted) == fmt::format("'{}'", quoted));
  CHECK(yaml_scalar("") == "\"\"");
  CHECK(yaml_scalar("a\tb") == "\"a\\tb\"");
}

TEST_CASE("items stand below their list's name") {
  std::string text;
  YamlWriter out(text);
  out.line("a:");
  out.item([&] {
    out.raw("b", "1");
    out.below("c", [&] { out.flag("d", true); });
    out.list("e", {"f", "2"});
  });
  out.item([&] { out.text("g", "h\ni\n"); });
  CHECK(text ==
        "a:\n"
        "- b: 1\n"
        "  c:\n"
        "    d: true\n"
        "  e:\n"
        "  - f\n"
        "  - \"2\"\n"
        "- g: |\n"
        "    h\n"
        "    i\n");
}

}  // namespace alloy
