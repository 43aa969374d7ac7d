#include "signals/json/json_parser.h"

#include <doctest/doctest.h>

namespace alloy {
namespace {

std::string again(std::string_view text) {
  Scratch scratch;
  const auto value = parse_json(text, scratch);
  return value ? to_json(*value) : "malformed";
}

TEST_CASE("JSON reads as it was written, with the last of repeated members") {
  CHECK(again(R"( {"b":[1,2.5,-0,1e3,true,null],"a":{"x":"y"}} )") ==
        R"({"a":{"x":"y"},"b":[1,2.5,-0,1000,true,null]})");
  CHECK(again(R"({"a":1,"a":{"b":2}})") == R"({"a":{"b":2}})");
  CHECK(again(R"("\u00e9\ud83d\ude00\ud800x\/\n")") == "\"é😀\xef\xbf\xbdx/\\n\"");
  CHECK(again("\"<&>\"") == "\"\\u003c\\u0026\\u003e\"");
}

TEST_CASE("what is no JSON is refused as a whole") {
  for (const char* text : {"",
                           " ",
                           "{",
                           R"({"a":01})",
                           R"({"a":1.})",
                           R"({"a":.5})",
                           R"({"a":+1})",
                           R"({"a":1E400})",
                           R"({"a":tru})",
                           R"({"a":true}x)",
                           R"({"a":1,})",
                           "[1,]",
                           "[1 2]",
                           R"({a:1})",
                           R"({"a":1 "b":2})",
                           R"({"a":"\x"})",
                           R"({"a":"\u12"})",
                           "{\"a\":\"x\ty\"}",
                           "\"open",
                           "nullx"}) {
    CAPTURE(text);
    CHECK(again(text) == "malformed");
  }
  CHECK(again(std::string(100'000, '[')) == "malformed");
}

TEST_CASE("a selection finds members by their paths and checks the rest") {
  JsonSelection selection;
  const std::vector<std::string> level = {"level"};
  const std::vector<std::string> method = {"http", "method"};
  REQUIRE(selection.add(level));
  REQUIRE(selection.add(method));
  const std::vector<std::string> http = {"http"};
  CHECK(!selection.add(http));

  Scratch scratch;
  std::vector<JsonValue> values(2);
  REQUIRE(selection.read(R"({"x":[{"level":1}],"http":{"method":"GET","n":{}},"level":"info"})",
                         scratch, values));
  CHECK(values[0].as_text() == "info");
  CHECK(values[1].as_text() == "GET");
  REQUIRE(selection.read(R"({"http":"text"})", scratch, values));
  CHECK(values[0].is_null());
  CHECK(values[1].is_null());
  CHECK(selection.read("null", scratch, values));
  CHECK(!selection.read("[]", scratch, values));
  CHECK(!selection.read(R"({"level":"info","x":[1,}])", scratch, values));
}

TEST_CASE("the elements of an array are found as they are spelled") {
  const auto elements = split_json_array(R"( [1, {"a" : 2},null,"x,y"] )");
  REQUIRE(elements);
  CHECK(*elements == std::vector<std::string_view>{"1", R"({"a" : 2})", "null", R"("x,y")"});
  CHECK(split_json_array("[]")->empty());
  CHECK(!split_json_array(R"({"a":[1]})"));
  CHECK(!split_json_array("[1,"));
}

}  // namespace
}  // namespace alloy
