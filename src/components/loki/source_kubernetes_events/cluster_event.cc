#include "components/loki/source_kubernetes_events/cluster_event.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "components/shared/kubernetes/times.h"
#include "signals/json/json_value.h"

namespace alloy::loki::source_kubernetes_events {
namespace {

std::string text(JsonNode node) { return std::string(node.text()); }

ClusterEvent decode_event(JsonNode object) {
  ClusterEvent event;
  event.meta = kubernetes::decode_meta(object);
  event.version = text(object["metadata"]["resourceVersion"]);
  const JsonNode about = object["involvedObject"];
  event.object_name = text(about["name"]);
  event.object_namespace = text(about["namespace"]);
  event.object_kind = text(about["kind"]);
  event.object_api_version = text(about["apiVersion"]);
  event.object_version = text(about["resourceVersion"]);
  event.action = text(object["action"]);
  event.reporting_instance = text(object["reportingInstance"]);
  event.reporting_controller = text(object["reportingComponent"]);
  event.source_component = text(object["source"]["component"]);
  event.source_host = text(object["source"]["host"]);
  event.reason = text(object["reason"]);
  event.type = text(object["type"]);
  event.message = text(object["message"]);
  event.count = object["count"].integer();
  const auto last = kubernetes::parse_time(object["lastTimestamp"].text());
  const auto only = kubernetes::parse_time(object["eventTime"].text());
  event.timestamp_ns = last ? *last : only.value_or(0);
  return event;
}

struct Field {
  std::string_view name;
  std::string_view value;
};

// Those before the count and the message, in their order.
std::array<Field, 12> fields_of(const ClusterEvent& event) {
  return {{{"name", event.object_name},
           {"kind", event.object_kind},
           {"action", event.action},
           {"objectAPIversion", event.object_api_version},
           {"objectRV", event.object_version},
           {"eventRV", event.version},
           {"reportinginstance", event.reporting_instance},
           {"reportingcontroller", event.reporting_controller},
           {"sourcecomponent", event.source_component},
           {"sourcehost", event.source_host},
           {"reason", event.reason},
           {"type", event.type}}};
}

std::string format_logfmt(const ClusterEvent& event) {
  std::string line;
  for (const Field& field : fields_of(event))
    if (!field.value.empty()) line += fmt::format("{}={} ", field.name, field.value);
  if (event.count != 0) line += fmt::format("count={} ", event.count);
  line += "msg=";
  append_quoted(line, event.message);
  line += ' ';
  return line;
}

std::string format_json(const ClusterEvent& event) {
  std::vector<std::pair<std::string_view, std::string>> members;
  const auto add_text = [&](std::string_view name, std::string_view value) {
    std::string json;
    append_json_text(value, json);
    members.emplace_back(name, std::move(json));
  };
  for (const Field& field : fields_of(event))
    if (!field.value.empty()) add_text(field.name, field.value);
  if (event.count != 0) members.emplace_back("count", std::to_string(event.count));
  add_text("msg", event.message);
  std::ranges::sort(members);
  std::string line = "{";
  for (const auto& [name, value] : members)
    line += fmt::format("{}\"{}\":{}", line.size() > 1 ? "," : "", name, value);
  return line + "}";
}

}  // namespace

constinit const kubernetes::ObjectType event_type =
    kubernetes::object_type<ClusterEvent, decode_event>("event", "/api/v1", "events");

std::string format_event(const ClusterEvent& event, LineFormat format) {
  return format == LineFormat::json ? format_json(event) : format_logfmt(event);
}

}  // namespace alloy::loki::source_kubernetes_events
