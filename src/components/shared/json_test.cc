#include "components/shared/json.h"

#include <doctest/doctest.h>

namespace alloy {

TEST_CASE("what is missing or null reads as empty") {
  const auto document = JsonDocument::parse(R"({"a": null, "b": {"c": "x", "n": 5, "t": true}})");
  REQUIRE(document);
  const JsonNode root = document->root();
  CHECK(root["a"].text().empty());
  CHECK(root["a"]["deeper"].elements().empty());
  CHECK(root["z"]["y"].integer() == 0);
  CHECK_FALSE(root["z"].boolean());
  CHECK(root["b"]["c"].text() == "x");
  CHECK(root["b"]["n"].integer() == 5);
  CHECK(root["b"]["n"].scalar_text() == "5");
  CHECK(root["b"]["t"].scalar_text() == "true");
  CHECK(root["b"].members().size() == 3);
  CHECK(root["b"].minified() == R"({"c":"x","n":5,"t":true})");
  CHECK(document->check());
}

TEST_CASE("a wrong type is remembered") {
  const auto document = JsonDocument::parse(R"({"a": [1]})");
  REQUIRE(document);
  CHECK(document->root()["a"].texts() == std::vector<std::string_view>{""});
  CHECK(document->check().error().message() ==
        "unexpected JSON: 1 is a number where a text is expected");
}

TEST_CASE("what is no JSON is refused") {
  CHECK_FALSE(JsonDocument::parse("[1"));
  CHECK_FALSE(JsonDocument::parse(""));
}

}  // namespace alloy
