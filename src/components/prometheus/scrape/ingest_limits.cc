// What the labels of a series have to be like.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "components/prometheus/scrape/ingest.h"

namespace alloy::prometheus::scrape {

namespace {

bool is_legacy_metric_name(std::string_view name) {
  const auto is_part = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == ':';
  };
  return !name.empty() && !(name.front() >= '0' && name.front() <= '9') &&
         std::ranges::all_of(name, is_part);
}

bool is_valid(const Label& label, LabelNameRules names) {
  const bool is_name = label.name == metric_name_label;
  if (!is_utf8(label.value)) return false;
  if (names == LabelNameRules::utf8) return !label.name.empty() && is_utf8(label.name);
  return is_name ? is_legacy_metric_name(label.value) : is_legacy_label_name(label.name);
}

std::string_view shortened(std::string_view text) { return text.substr(0, 50); }

}  // namespace

Result<void> Ingest::check_labels(std::span<const Label> labels, IngestCounts& counts) const {
  std::string_view metric;
  for (const Label& label : labels) {
    if (label.name == metric_name_label) metric = label.value;
  }
  if (metric.empty()) return fail("missing metric name (__name__ label)");
  for (const Label& label : labels) {
    if (is_valid(label, settings_.names)) continue;
    return fail("invalid metric name or label names: " + describe(labels));
  }
  if (settings_.label_limit > 0 && labels.size() > settings_.label_limit) {
    counts.label_limit_exceeded = true;
    return fail(fmt::format("label_limit exceeded (metric: {}, number of labels: {}, limit: {})",
                            shortened(metric), labels.size(), settings_.label_limit));
  }
  for (const Label& label : labels) {
    if (const size_t limit = settings_.label_name_length_limit;
        limit > 0 && label.name.size() > limit) {
      counts.label_limit_exceeded = true;
      return fail(fmt::format(
          "label_name_length_limit exceeded (metric: {}, label name: {}, length: {}, limit: {})",
          shortened(metric), shortened(label.name), label.name.size(), limit));
    }
    if (const size_t limit = settings_.label_value_length_limit;
        limit > 0 && label.value.size() > limit) {
      counts.label_limit_exceeded = true;
      return fail(
          fmt::format("label_value_length_limit exceeded (metric: {}, label name: {}, "
                      "value: {}, length: {}, limit: {})",
                      shortened(metric), shortened(label.name), quote(shortened(label.value)),
                      label.value.size(), limit));
    }
  }
  return {};
}

}  // namespace alloy::prometheus::scrape
