#include "components/loki/source_gcplog/log_entry.h"

#include <fmt/format.h>

#include "base/text.h"
#include "base/time_layout.h"
#include "components/loki/shared/snake_case.h"
#include "components/shared/json.h"

namespace alloy::loki::source_gcplog {
namespace {

constexpr std::string_view tenant_label = "__tenant_id__";

void add_all(std::string_view prefix, JsonNode from, LabelBuilder& labels) {
  for (const auto& [name, value] : from.members())
    labels.set(labels.keep(std::string(prefix) + snake_case(name)), labels.keep(value.text()));
}

Result<int64_t> timestamp_of(JsonNode root) {
  static const TimeLayout layout("2006-01-02T15:04:05Z07:00");
  std::string_view text = root["timestamp"].text();
  if (text.empty()) text = root["receiveTimestamp"].text();
  const auto time = layout.parse(text);
  if (!time)
    return fail("invalid timestamp format: " + time.error().message(layout.text(), text),
                ErrorKind::invalid);
  return time->unix_nanoseconds();
}

}  // namespace

Result<> add_log_entry(std::string_view text, LabelBuilder& labels, const EntryOptions& options,
                       SeriesStore& store, int64_t now_ns, LogBatchBuilder& entries) {
  TRY(const auto document, JsonDocument::parse(text));
  const JsonNode root = document.root();
  labels.set("__gcp_logname", root["logName"].text());
  labels.set("__gcp_resource_type", root["resource"]["type"].text());
  labels.set("__gcp_severity", root["severity"].text());
  add_all("__gcp_resource_labels_", root["resource"]["labels"], labels);
  add_all("__gcp_labels_", root["labels"], labels);
  const std::string_view payload = root["textPayload"].text();
  int64_t timestamp = now_ns;
  if (options.use_incoming_timestamp) {
    TRY(timestamp, timestamp_of(root));
  }
  TRY(document.check());
  if (options.rules && !options.rules->apply(labels)) labels.reset();
  labels.erase_if([](const Label& label) {
    const bool is_internal = label.name.starts_with("__") && label.name != tenant_label;
    return is_internal || !is_legacy_label_name(label.name) || !is_utf8(label.value);
  });
  for (const auto& [name, value] : options.labels) labels.set(name, value);
  const bool is_payload = !options.use_full_line && !trim(payload).empty();
  entries.entries().push_back({.labels = entries.hold(store.intern(labels.labels())),
                               .timestamp_ns = timestamp,
                               .line = entries.keep(is_payload ? payload : text)});
  return {};
}

}  // namespace alloy::loki::source_gcplog
