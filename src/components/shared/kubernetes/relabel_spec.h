// Relabelling rules in objects: {sourceLabels, separator, targetLabel, regex, modulus, replacement,
// action}.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "components/shared/json.h"
#include "signals/relabel.h"

namespace alloy::kubernetes {

struct RelabelSpec {
  std::vector<std::string> source_labels;
  std::optional<std::string> separator;
  std::string target_label;
  std::string regex;
  uint64_t modulus = 0;
  std::optional<std::string> replacement;
  std::string action;
  bool operator==(const RelabelSpec&) const = default;
};

std::vector<RelabelSpec> read_relabel_specs(JsonNode list);

// What the rules do where they say nothing is as in a `rule` block.
Result<std::vector<RelabelRule>> make_relabel_rules(const std::vector<RelabelSpec>& specs);
Result<RelabelRule> make_relabel_rule(const RelabelSpec& spec);

}  // namespace alloy::kubernetes
