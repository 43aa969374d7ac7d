#include "components/loki/source_awsfirehose/records.h"

#include <algorithm>

#include "base/text.h"
#include "components/loki/shared/snake_case.h"
#include "components/shared/json.h"
#include "net/content_decoder.h"
#include "signals/relabel.h"
#include "values/stdlib/base64.h"

namespace alloy::loki::source_awsfirehose {
namespace {

constexpr std::string_view gzip_magic = "\x1f\x8b\x08";
constexpr size_t record_bytes_max = 64 << 20;
constexpr std::string_view label_prefix = "lbl_";

}  // namespace

std::string_view name_of(Origin origin) {
  return origin == Origin::direct_put ? "direct-put" : "cloudwatch-logs";
}

Result<Request> parse_request(std::string_view body) {
  TRY(const auto document, JsonDocument::parse(body));
  Request request{.timestamp_ms = document.root()["timestamp"].integer()};
  for (const JsonNode record : document.root()["records"].elements())
    request.records.emplace_back(record["data"].text());
  TRY(document.check());
  return request;
}

Result<Record> decode_record(std::string_view base64) {
  auto bytes = stdlib::decode_base64(base64, stdlib::Base64Alphabet::standard);
  if (!bytes) return fail("base64-decode");
  Record record{.bytes = *std::move(bytes)};
  if (!record.bytes.starts_with(gzip_magic)) return record;
  record.origin = Origin::cloudwatch_logs;
  std::string unpacked;
  net::BodySink sink(unpacked, record_bytes_max);
  const auto decoder = net::make_gzip_decoder();
  if (!decoder->decode(record.bytes, sink) || !decoder->finish()) return fail("gzip-deflate");
  record.bytes = std::move(unpacked);
  return record;
}

Result<CloudwatchLogs> parse_cloudwatch_logs(std::string_view text) {
  TRY(const auto document, JsonDocument::parse(text));
  const JsonNode root = document.root();
  CloudwatchLogs logs{.owner = std::string(root["owner"].text()),
                      .log_group = std::string(root["logGroup"].text()),
                      .log_stream = std::string(root["logStream"].text()),
                      .message_type = std::string(root["messageType"].text())};
  for (const std::string_view filter : root["subscriptionFilters"].texts()) {
    if (!logs.matched_filters.empty()) logs.matched_filters += ',';
    logs.matched_filters += filter;
  }
  for (const JsonNode event : root["logEvents"].elements())
    logs.events.push_back({event["timestamp"].integer(), std::string(event["message"].text())});
  TRY(document.check());
  return logs;
}

StaticLabels parse_static_labels(std::string_view header) {
  StaticLabels result;
  if (header.empty()) return result;
  const auto document = JsonDocument::parse(header);
  if (!document) {
    result.refused.push_back("invalid_json_format");
    return result;
  }
  for (const auto& [attribute, value] : document->root()["commonAttributes"].members()) {
    if (!attribute.starts_with(label_prefix)) continue;
    std::string name(attribute.substr(label_prefix.size()));
    if (!is_legacy_label_name(name)) name = snake_case(name);
    if (!is_legacy_label_name(name)) {
      result.refused.push_back("invalid_label_name");
    } else if (!is_utf8(value.text())) {
      result.refused.push_back("invalid_label_value");
    } else {
      result.labels[name] = value.text();
    }
  }
  if (!document->check()) {
    result.labels.clear();
    result.refused.push_back("invalid_json_format");
  }
  return result;
}

}  // namespace alloy::loki::source_awsfirehose
