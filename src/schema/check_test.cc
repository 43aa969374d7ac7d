#include "schema/check.h"

#include <doctest/doctest.h>

#include "schema/reference.h"
#include "schema/schema_test_types.h"

namespace alloy {
namespace {

using namespace schema_test;

std::string checked(std::string_view body) {
  auto file = parsed(body);
  REQUIRE(file != nullptr);
  return check_block(schema_of<Arguments>, block_of(file), "").to_string();
}

TEST_CASE("a check finds all mistakes of a block") {
  CHECK(checked("url = \"x\"") == "no errors");
  CHECK(checked("nope = 1\nurl { }\nqueue { }\nqueue { }\nstage.json { }") ==
        "2:1: unrecognized attribute name \"nope\"; "
        "3:1: \"url\" must be an attribute, but is used as a block; "
        "4:1: block \"queue\" may only be specified once; "
        "5:1: block \"queue\" may only be specified once; "
        "6:1: missing required attribute \"expressions\"; "
        "1:1: missing required attribute \"url\"");
}

TEST_CASE("a check looks at literals, and at nothing that needs evaluating") {
  CHECK(checked("url = 5\nshards = \"x\"\nforward_to = [\"a\", b.c]\nheaders = {a = [true]}") ==
        "3:10: expected number, got string; "
        "4:15: expected capsule, got string; "
        "5:17: expected capsule, got bool");
  CHECK(checked("url = [1]") == "2:7: expected string, got array");
  CHECK(checked("url = f(1)\nshards = nothing + \"x\"\nenabled = !x") == "no errors");
  CHECK(checked("url = \"\"\nshards = -\"x\"\nlimit = 1 + \"x\"\nenabled = 1 < 2") ==
        "3:11: expected number, got string; 4:9: expected number, got string");
  CHECK(checked("url = \"\"\nitems = [{nope = 1}]") ==
        "3:11: unrecognized attribute name \"nope\"; 3:10: missing required attribute \"key\"");
}

TEST_CASE("a reference page has a table of attributes and one of blocks") {
  std::string page = reference_markdown(schema_of<Arguments>);
  CHECK(page.starts_with("| Attribute | Type | Description | Default | Required |\n"));
  CHECK(page.find("| `url` | `string` | Where to send to. |  | yes |\n") != std::string::npos);
  CHECK(page.find("| `timeout` | `duration` | How long a request may take. | `\"30s\"` | no |\n") !=
        std::string::npos);
  CHECK(page.find("How many \\| at once.") != std::string::npos);
  CHECK(page.find("| `headers` | `map(list(secret))` |") != std::string::npos);
  CHECK(page.find("| `stage.match` | Applies stages to some entries. | any number |") !=
        std::string::npos);
  CHECK(page.find("\n## `stage.match > stage.json`\n") != std::string::npos);
}

TEST_CASE("byte sizes read units of 1024 and are spelled exactly") {
  CHECK(parse_byte_size("1.5KB")->bytes == 1536);
  CHECK(parse_byte_size("10")->bytes == 10);
  CHECK(format_byte_size({3'000'000}) == "2MiB881KiB704B");
  CHECK(format_byte_size({0}) == "0B");
  CHECK_FALSE(parse_byte_size(""));
  CHECK_FALSE(parse_byte_size("MiB"));
  CHECK(parse_byte_size("1XB").error().message() == "units: unknown unit \"XB\" in \"1XB\"");
  CHECK_FALSE(parse_byte_size("99999999999EiB"));
}

}  // namespace
}  // namespace alloy
