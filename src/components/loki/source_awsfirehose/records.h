// What Amazon Data Firehose sends: a request with records, which are either any bytes or messages
// of CloudWatch Logs.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace alloy::loki::source_awsfirehose {

struct Request {
  int64_t timestamp_ms = 0;
  std::vector<std::string> records;  // In base64.
};
Result<Request> parse_request(std::string_view body);

// The names of the original, which metrics show as they are.
enum class Origin : unsigned char { direct_put, cloudwatch_logs };
std::string_view name_of(Origin origin);

struct Record {
  Origin origin = Origin::direct_put;
  std::string bytes;
};
// On failure the error's message is the reason to count.
Result<Record> decode_record(std::string_view base64);

struct CloudwatchLogs {
  struct Event {
    int64_t timestamp_ms = 0;
    std::string message;
  };
  std::string owner;
  std::string log_group;
  std::string log_stream;
  std::string matched_filters;  // Joined by commas.
  std::string message_type;
  std::vector<Event> events;
};
Result<CloudwatchLogs> parse_cloudwatch_logs(std::string_view text);

// The labels that a request's header X-Amz-Firehose-Common-Attributes asks for, and the reasons for
// which some were refused.
struct StaticLabels {
  std::map<std::string, std::string> labels;
  std::vector<std::string_view> refused;
};
StaticLabels parse_static_labels(std::string_view header);

}  // namespace alloy::loki::source_awsfirehose
