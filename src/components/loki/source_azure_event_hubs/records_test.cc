#include "components/loki/source_azure_event_hubs/records.h"

#include <doctest/doctest.h>

namespace alloy::loki::source_azure_event_hubs {

TEST_CASE("records come as they stand in the message") {
  const auto records = parse_records(
      R"( {"x": {"records": [1]}, "records" : [ {"time":"1970-01-01T00:00:01.5Z", "category":"c",)"
      R"("resourceId":"r]","operationName":"o}\""} , {"a":[1, {}]}, "text", 5 ], "y": null} )");
  REQUIRE(records);
  REQUIRE(records->size() == 4);
  CHECK((*records)[0].text == R"({"time":"1970-01-01T00:00:01.5Z", "category":"c",)"
                              R"("resourceId":"r]","operationName":"o}\""})");
  REQUIRE((*records)[0].log);
  CHECK((*records)[0].log->category == "c");
  CHECK((*records)[0].log->timestamp_ns == 1'500'000'000);
  CHECK((*records)[1].text == R"({"a":[1, {}]})");
  CHECK(!(*records)[1].log);
  CHECK((*records)[2].text == "\"text\"");
  CHECK((*records)[3].text == "5");
}

TEST_CASE("single quotes of function apps are taken for double ones") {
  const auto records = parse_records(
      "{'records':[{'timeStamp':'never','category':'c','resourceId':'r','operationName':'o'}]}");
  REQUIRE(records);
  REQUIRE(records->at(0).log);
  CHECK(!records->at(0).log->timestamp_ns);
  CHECK(records->at(0).text.starts_with("{\"timeStamp\""));
}

TEST_CASE("what is of another form is refused") {
  for (const std::string_view message :
       {"", "text", "[]", "{}", R"({"records":[]})", R"({"records":"x"})", R"({"records":null})"}) {
    CAPTURE(message);
    CHECK(!parse_records(message));
  }
}

TEST_CASE("a record that lacks a field, or has one of another type, is the customer's own") {
  for (const std::string_view record :
       {R"({"time":"t","category":"c","resourceId":"r"})",
        R"({"category":"c","resourceId":"r","operationName":"o"})",
        R"({"time":1,"category":"c","resourceId":"r","operationName":"o"})"}) {
    CAPTURE(record);
    const auto records = parse_records("{\"records\":[" + std::string(record) + "]}");
    REQUIRE(records);
    CHECK(!records->at(0).log);
  }
}

}  // namespace alloy::loki::source_azure_event_hubs
