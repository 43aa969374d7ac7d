#include "services/component_json.h"

#include <ctime>

#include <fmt/format.h>

#include "base/text.h"

namespace alloy {
namespace {

void append_member(std::string& out, std::string_view name, std::string_view text) {
  out += fmt::format(",\"{}\":", name);
  append_json_string(out, text);
}

void append_member(std::string& out, std::string_view name, const std::vector<std::string>& texts) {
  out += fmt::format(",\"{}\":[", name);
  for (size_t i = 0; i < texts.size(); ++i) {
    if (i > 0) out += ',';
    append_json_string(out, texts[i]);
  }
  out += ']';
}

}  // namespace

void append_component_json(std::string& out, const ComponentInfo& c) {
  out += "{\"name\":";
  append_json_string(out, c.name);
  append_member(out, "type", "block");
  append_member(out, "localID", c.local_id);
  append_member(out, "moduleID", c.module_id);
  if (!c.label.empty()) append_member(out, "label", c.label);
  append_member(out, "referencesTo", c.references_to);
  append_member(out, "referencedBy", c.referenced_by);
  append_member(out, "dataFlowEdgesTo", c.data_flow_edges_to);
  out += ",\"health\":{\"state\":";
  append_json_string(out, name_of(c.health.state));
  append_member(out, "message", c.health.message);
  append_member(out, "updatedTime", format_local_time(c.health.updated));
  out += '}';
  append_member(out, "original", "");
  out += fmt::format(",\"arguments\":{},\"exports\":{},\"debugInfo\":{}", c.arguments, c.exports,
                     c.debug_info);
  if (!c.created_module_ids.empty()) append_member(out, "createdModuleIDs", c.created_module_ids);
  out += fmt::format(",\"liveDebuggingEnabled\":{}}}", c.supports_live_debugging);
}

void append_components_json(std::string& out, std::span<const ComponentInfo> components) {
  out += '[';
  for (size_t i = 0; i < components.size(); ++i) {
    if (i > 0) out += ',';
    append_component_json(out, components[i]);
  }
  out += ']';
}

std::string format_local_time(WallTime time) {
  if (time == WallTime()) return "0001-01-01T00:00:00Z";
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const std::time_t since_epoch = seconds.time_since_epoch().count();
  std::tm local{};
  ::localtime_r(&since_epoch, &local);
  std::string out =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", local.tm_year + 1900, local.tm_mon + 1,
                  local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec);
  if (const auto nanoseconds = (time - seconds).count(); nanoseconds != 0) {
    std::string digits = fmt::format("{:09}", nanoseconds);
    digits.erase(digits.find_last_not_of('0') + 1);
    out += "." + digits;
  }
  const long minutes = local.tm_gmtoff / 60;
  if (minutes == 0) return out + "Z";
  const long distance = minutes < 0 ? -minutes : minutes;
  return out + fmt::format("{}{:02}:{:02}", minutes < 0 ? '-' : '+', distance / 60, distance % 60);
}

}  // namespace alloy
