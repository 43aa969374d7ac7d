#include "components/prometheus/enrich/target_table.h"

#include <algorithm>

namespace alloy::prometheus::enrich {

// No value has this byte: labels are UTF-8.
std::string TargetTable::key_of(const std::vector<std::string>& names, const auto& labels) {
  std::string key;
  for (const std::string& name : names) {
    const std::string_view value = labels.get(name);
    if (value.empty()) return {};
    key += value;
    key += '\xff';
  }
  return key;
}

TargetTable::TargetTable(const TargetList& targets, const std::map<std::string, std::string>& match,
                         std::vector<std::string> copied) {
  std::vector<std::string> target_labels;
  for (const auto& [target_label, metric_label] : match) {
    target_labels.push_back(target_label);
    metric_labels_.push_back(metric_label);
  }
  for (const Target& target : targets) {
    LabelBuilder labels;
    labels.reset(target.labels());
    std::string key = key_of(target_labels, labels);
    if (key.empty()) continue;
    auto& known = targets_[std::move(key)];
    known.clear();
    for (const Label& label : labels.labels()) {
      const bool is_copied =
          copied.empty() || std::ranges::find(copied, label.name) != copied.end();
      if (is_copied) known.emplace_back(label.name, label.value);
    }
  }
}

void TargetTable::enrich(LabelBuilder& labels) const {
  const std::string key = key_of(metric_labels_, labels);
  if (key.empty()) return;
  const auto found = targets_.find(key);
  if (found == targets_.end()) return;
  for (const auto& [name, value] : found->second) labels.set(name, value);
}

}  // namespace alloy::prometheus::enrich
