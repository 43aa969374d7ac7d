// The targets that metrics are enriched from, by the values that metrics are matched with.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "signals/labels.h"
#include "signals/targets.h"

namespace alloy::prometheus::enrich {

class TargetTable {
 public:
  // `match` says which label of a target has to equal which label of a metric, all of them and none
  // empty. `copied` labels go over to the metric; empty: all. Of targets that match the same, the
  // last one counts.
  TargetTable(const TargetList& targets, const std::map<std::string, std::string>& match,
              std::vector<std::string> copied);

  // Gives a metric the labels of its target; one without a target stays as it is.
  void enrich(LabelBuilder& labels) const;
  size_t size() const { return targets_.size(); }

 private:
  // Empty if a label is missing.
  static std::string key_of(const std::vector<std::string>& names, const auto& labels);

  std::vector<std::string> metric_labels_;
  std::unordered_map<std::string, std::vector<std::pair<std::string, std::string>>> targets_;
};

}  // namespace alloy::prometheus::enrich
