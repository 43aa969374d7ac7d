#include "schema/encode.h"

#include <doctest/doctest.h>

#include "schema/decode.h"
#include "schema/json.h"
#include "schema/schema_test_types.h"

namespace alloy {
namespace {

using namespace schema_test;

Arguments decoded(std::string_view body) {
  auto file = parsed(body);
  REQUIRE(file != nullptr);
  Variables scope;
  auto arguments = decode<Arguments>(block_of(file).body, {.scope = scope, .file = ""});
  REQUIRE(arguments);
  return *std::move(arguments);
}

std::string json(const Arguments& arguments) { return body_json(arguments).value_or("failed"); }

TEST_CASE("structs are equal if all their members are, however deep") {
  constexpr std::string_view body = R"(
    url = "x"
    headers = {a = ["1"]}
    rule "a" { sources = ["s"] }
    stage.match {
      selector = "s"
      stage.json { expressions = {a = "b"} }
    })";
  Arguments left = decoded(body);
  Arguments right = decoded(body);
  CHECK(equal(left, right));
  right.stages[0].match->stages[0].json->expressions["a"] = "c";
  CHECK_FALSE(equal(left, right));
  right = left;
  right.headers["b"];
  CHECK_FALSE(equal(left, right));
  right = left;
  right.queue.emplace();
  CHECK_FALSE(equal(left, right));
}

TEST_CASE("structs become objects with their fields in order") {
  Value value = encode(Item{"a", 2});
  REQUIRE(value.is_object());
  CHECK(value.as_object()->members()[0].key == "key");
  CHECK(value.as_object()->find("count")->as_number() == Number::integer(2));
}

TEST_CASE("the API shows what is required or differs from its default") {
  CHECK(json(decoded("url = \"x\"\nenabled = true\nport = null")) ==
        R"([{"name":"url","type":"attr","value":{"type":"string","value":"x"}}])");
  CHECK(json(decoded("url = \"\"\nenabled = false")) ==
        R"([{"name":"url","type":"attr","value":{"type":"string","value":""}},)"
        R"({"name":"enabled","type":"attr","value":{"type":"bool","value":false}}])");
}

TEST_CASE("the API escapes what means something to HTML") {
  std::string out;
  REQUIRE(append_value_json(out, Value::string("a&<b>\"")));
  CHECK(out == R"({"type":"string","value":"a\u0026\u003cb\u003e\""})");
}

TEST_CASE("the API masks secrets and names receivers") {
  Arguments arguments = decoded("url = \"x\"\npassword = \"p\"\ntoken = \"t\"");
  arguments.forward_to.push_back(std::make_shared<Sink>(Sink{"test.a.receiver"}));
  arguments.forward_to.push_back(std::make_shared<Sink>(Sink{""}));
  std::string text = json(arguments);
  CHECK(text.find(R"J("password","type":"attr","value":{"type":"capsule","value":"(secret)"})J") !=
        std::string::npos);
  CHECK(text.find(R"J({"type":"capsule","value":"\"t\""})J") != std::string::npos);
  CHECK(text.find(R"J({"type":"capsule","value":"test.a.receiver"})J") != std::string::npos);
  CHECK(text.find(R"J({"type":"capsule","value":"capsule(\"test.Sink\")"})J") != std::string::npos);
}

TEST_CASE("a receiver loses its name where anything could stand") {
  std::string out;
  REQUIRE(append_value_json(out, encapsulate(std::make_shared<Sink>(Sink{"test.a.receiver"}))));
  CHECK(out == R"J({"type":"capsule","value":"capsule(\"test.Sink\")"})J");
}

TEST_CASE("the API shows blocks with their labels, and one-of blocks with dotted names") {
  std::string text = json(decoded(R"(
    url = "x"
    queue { }
    tags { a = "b" }
    rule "l" { sources = [] }
    stage.json { expressions = {} }
  )"));
  CHECK(text.find(R"({"name":"queue","type":"block","body":[]})") != std::string::npos);
  CHECK(text.find(R"({"name":"tags","type":"block","body":[{"name":"a","type":"attr","value":)"
                  R"({"type":"string","value":"b"}}]})") != std::string::npos);
  CHECK(text.find(R"({"name":"rule","type":"block","label":"l","body":[{"name":"sources",)"
                  R"("type":"attr","value":{"type":"array","value":[]}}]})") != std::string::npos);
  CHECK(text.find(R"({"name":"stage.json","type":"block","body":[)") != std::string::npos);
}

TEST_CASE("durations and sizes are shown as the configuration spells them") {
  std::string text = json(decoded("url = \"x\"\ntimeout = \"90s\"\nbuffer = \"1536KiB\""));
  CHECK(text.find(R"("value":"1m30s")") != std::string::npos);
  CHECK(text.find(R"("value":"1MiB512KiB")") != std::string::npos);
}

TEST_CASE("numbers that JSON has no way to say are an error") {
  std::string out;
  CHECK_FALSE(append_value_json(out, Value::floating(1e308 * 10)));
}

}  // namespace
}  // namespace alloy
