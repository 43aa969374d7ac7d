#include "schema/decode.h"

#include <doctest/doctest.h>

#include "schema/schema_test_types.h"

namespace alloy {
namespace {

using namespace schema_test;

// The arguments, or the error as "line:column message" in the lines of the body.
struct Decoded {
  Arguments arguments;
  std::string error;
};

Decoded decode_text(std::string_view body, const Scope& scope) {
  auto file = parsed(body);
  REQUIRE(file != nullptr);
  auto decoded = decode<Arguments>(block_of(file).body, {.scope = scope, .file = ""});
  if (decoded) return {*std::move(decoded), ""};
  return {{}, decoded.error().to_string()};
}

Decoded decode_text(std::string_view body) { return decode_text(body, Variables()); }
std::string error_of(std::string_view body) { return decode_text(body).error; }

TEST_CASE("what is not given keeps its default") {
  auto [arguments, error] = decode_text("url = \"x\"");
  CHECK(error == "");
  CHECK(arguments.url == "x");
  CHECK(arguments.common.timeout == 30s);
  CHECK(arguments.enabled);
  CHECK(arguments.buffer.bytes == 1 << 20);
  CHECK_FALSE(arguments.queue.has_value());
  CHECK(arguments.spare.capacity == 100);
}

TEST_CASE("attributes of every type are converted") {
  Variables scope;
  auto sink = std::make_shared<Sink>(Sink{"a"});
  scope.set("sink", encapsulate(sink));
  auto [arguments, error] = decode_text(R"(
    url = "x"
    timeout = "1m30s"
    password = "secret"
    shards = "7"
    limit = 18446744073709551615
    enabled = false
    mode = "careful"
    buffer = "1KiB512B"
    token = "t"
    port = 80
    anything = {a = [1]}
    items = [{key = "a"}, {key = "b", count = 1.9}]
    forward_to = [sink]
    headers = {"X-A" = ["1", "2"]}
  )",
                                        scope);
  CHECK(error == "");
  CHECK(arguments.common.timeout == 90s);
  CHECK(arguments.common.password.value == "secret");
  CHECK(arguments.shards == 7);
  CHECK(arguments.limit == 18446744073709551615u);
  CHECK_FALSE(arguments.enabled);
  CHECK(arguments.mode == Mode::careful);
  CHECK(arguments.buffer.bytes == 1536);
  CHECK(arguments.token == OptionalSecret{"t", false});
  CHECK(arguments.port == 80);
  CHECK(arguments.anything.is_object());
  REQUIRE(arguments.items.size() == 2);
  CHECK(arguments.items[0].count == 3);
  CHECK(arguments.items[1].count == 1);
  REQUIRE(arguments.forward_to.size() == 1);
  CHECK(arguments.forward_to[0] == sink);
  CHECK(arguments.headers.at("X-A")[1].value == "2");
}

TEST_CASE("null gives the zero value, not the default") {
  auto [arguments, error] = decode_text(
      "url = null\ntimeout = null\nenabled = null\nbuffer = null\nport = null\nitems = null");
  CHECK(error == "");
  CHECK(arguments.common.timeout == 0s);
  CHECK_FALSE(arguments.enabled);
  CHECK(arguments.buffer.bytes == 0);
  CHECK_FALSE(arguments.port.has_value());
}

TEST_CASE("blocks fill structs, lists, maps and alternatives in their order") {
  auto [arguments, error] = decode_text(R"(
    url = "x"
    rule "b" { sources = ["1"] }
    stage.json { expressions = {a = ""} }
    rule "a" { sources = [] }
    stage.match {
      selector = "s"
      stage.match { selector = "t" }
      stage.json { expressions = {} }
    }
    queue { }
    spare { capacity = 5 }
    tags { a = "b" }
  )");
  CHECK(error == "");
  REQUIRE(arguments.rules.size() == 2);
  CHECK(arguments.rules[0].label == "b");
  CHECK(arguments.rules[1].label == "a");
  REQUIRE(arguments.stages.size() == 2);
  CHECK(arguments.stages[0].json->expressions.contains("a"));
  REQUIRE(arguments.stages[1].match);
  CHECK(arguments.stages[1].match->stages[0].match->selector == "t");
  CHECK(arguments.queue->capacity == 100);
  CHECK(arguments.spare.capacity == 5);
  CHECK(arguments.tags.at("a") == "b");
}

TEST_CASE("misplaced and missing statements are named") {
  CHECK(error_of("") == "missing required attribute \"url\"");
  CHECK(error_of("nope = 1") == "2:1: unrecognized attribute name \"nope\"");
  CHECK(error_of("nope { }") == "2:1: unrecognized block name \"nope\"");
  CHECK(error_of("url { }") == "2:1: \"url\" must be an attribute, but is used as a block");
  CHECK(error_of("queue = 1") == "2:1: \"queue\" must be a block, but is used as an attribute");
  CHECK(error_of("url = \"\"\nurl = \"\"") == "3:1: attribute \"url\" may only be provided once");
  CHECK(error_of("queue { }\nqueue { }") == "2:1: block \"queue\" may only be specified once");
  CHECK(error_of("rule { }") == "2:1: block \"rule\" requires non-empty label");
  CHECK(error_of("queue \"x\" { }") == "2:1: block \"queue\" does not support specifying labels");
  CHECK(error_of("tags { a { } }") == "2:8: nested blocks not supported here");
  CHECK(error_of("stage.json { }") == "missing required attribute \"expressions\"");
  CHECK(error_of("stage.nope { }") == "2:1: unrecognized block name \"stage.nope\"");
}

TEST_CASE("values that do not fit are named with their place") {
  CHECK(error_of("url = true") == "2:7: true should be string, got bool");
  CHECK(error_of("timeout = \"soon\"") == "2:11: \"soon\" time: invalid duration \"soon\"");
  CHECK(error_of("mode = \"odd\"") ==
        "2:8: \"odd\" unrecognized value \"odd\", expected fast or careful");
  CHECK(error_of("forward_to = [\"x\"]") == "2:15: \"x\" should be capsule, got string");
  CHECK(error_of("items = [{key = []}]") == "2:17: [] should be string, got array");
  CHECK(error_of("items = [{nope = 1}]") == "2:18: 1 does not have field named \"nope\"");
  CHECK(error_of("headers = {a = [\"x\", 5]}") == "2:22: 5 should be capsule, got number");
  CHECK(error_of("url = \"\"\nshards = 0") == "shards must be positive");
}

TEST_CASE("values from a reference are named with the way to the mistake") {
  Variables scope;
  scope.set("other", encapsulate(std::make_shared<Other>()));
  scope.set("bad", Value::array({Value::object(Object::sorted({{"key", Value::boolean(true)}}))}));
  CHECK(decode_text("forward_to = [other]", scope).error ==
        "2:15: other expected capsule(\"test.Sink\"), got capsule(\"test.Other\")");
  CHECK(decode_text("items = bad", scope).error == "2:9: bad[0].key should be string, got bool");
}

TEST_CASE("a label is given to a block that is decoded by itself") {
  auto file = parsed("sources = []");
  Rule rule;
  Variables scope;
  CHECK(decode_into(schema_of<Rule>, block_of(file), {.scope = scope, .file = ""}, &rule));
  CHECK(rule.label == "x");
}

}  // namespace
}  // namespace alloy
