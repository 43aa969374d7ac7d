// What all stages share.
#include "components/loki/process/stage.h"

#include <algorithm>

#include "base/text.h"

namespace alloy::loki::process {

void Stage::append_counts(std::string_view path, size_t index,
                          std::vector<StageCounts>& out) const {
  const std::string own = std::string(path) + std::to_string(index) + "." + std::string(name_);
  out.push_back({.name = own, .in = in_, .out = out_, .dropped = dropped_, .reason = reason_});
  append_inner_counts(own + "/", out);
}

Counter& dropped_lines(MetricRegistry& metrics, std::string_view reason) {
  return metrics.counter("loki_process_dropped_lines_total",
                         "A count of all log lines dropped as a result of a pipeline stage",
                         {{"reason", std::string(reason)}});
}

bool is_legacy_label_name(std::string_view name) {
  const auto is_allowed = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (c >= '0' && c <= '9' && &c != name.data());
  };
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::ranges::all_of(name, is_allowed);
}

bool is_label_name(std::string_view name) { return !name.empty() && is_utf8(name); }

}  // namespace alloy::loki::process
