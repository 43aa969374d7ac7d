#include "components/loki/source_awsfirehose/records.h"

#include <doctest/doctest.h>

namespace alloy::loki::source_awsfirehose {

TEST_CASE("a request's records are read") {
  const auto request =
      parse_request(R"({"requestId": "r", "timestamp": 17, "records": [{"data": "YQ=="}, {}]})");
  REQUIRE(request);
  CHECK(request->timestamp_ms == 17);
  CHECK(request->records == std::vector<std::string>{"YQ==", ""});
  CHECK_FALSE(parse_request("[1"));
  CHECK_FALSE(parse_request(R"({"records": [{"data": 1}]})"));
}

TEST_CASE("a record is any bytes, or what CloudWatch Logs packed") {
  CHECK(decode_record("aGk=")->bytes == "hi");
  CHECK(decode_record("aGk=")->origin == Origin::direct_put);
  CHECK(decode_record("%%%").error().message() == "base64-decode");
  // gzip of "{}"
  const auto packed = decode_record("H4sIAAAAAAAAA6uuBQBDv6ajAgAAAA==");
  REQUIRE(packed);
  CHECK(packed->origin == Origin::cloudwatch_logs);
  CHECK(packed->bytes == "{}");
  CHECK(decode_record("H4sIAAAA").error().message() == "gzip-deflate");
}

TEST_CASE("messages of CloudWatch Logs are read") {
  const auto logs = parse_cloudwatch_logs(
      R"({"messageType": "DATA_MESSAGE", "owner": "1", "logGroup": "g", "logStream": "s",
          "subscriptionFilters": ["a", "b"],
          "logEvents": [{"id": "x", "timestamp": 5, "message": "m"}]})");
  REQUIRE(logs);
  CHECK(logs->matched_filters == "a,b");
  REQUIRE(logs->events.size() == 1);
  CHECK(logs->events[0].timestamp_ms == 5);
  CHECK(logs->events[0].message == "m");
}

TEST_CASE("attributes of a delivery stream become labels where their names allow") {
  const auto given = parse_static_labels(
      R"({"commonAttributes": {"lbl_env": "prod", "lbl_logGroup-Name": "x", "other": "no",
                               "lbl_0x": "y"}})");
  CHECK(given.labels ==
        std::map<std::string, std::string>{{"env", "prod"}, {"log_group_name", "x"}});
  CHECK(given.refused == std::vector<std::string_view>{"invalid_label_name"});
  CHECK(parse_static_labels("{").refused == std::vector<std::string_view>{"invalid_json_format"});
  CHECK(parse_static_labels("").refused.empty());
}

}  // namespace alloy::loki::source_awsfirehose
