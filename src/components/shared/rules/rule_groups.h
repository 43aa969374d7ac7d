// Groups of alerting and recording rules: in PrometheusRule resources, and as rulers have them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "components/shared/kubernetes/objects.h"

namespace alloy::rules {

struct Rule {
  std::string record;
  std::string alert;
  std::string expression;
  std::string pending;  // `for`; durations as Prometheus spells them.
  std::string keep_firing_for;
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;
  bool operator==(const Rule&) const = default;
};

struct RuleGroup {
  std::string name;
  std::string interval;
  std::string query_offset;
  int64_t limit = 0;
  std::vector<Rule> rules;
  std::map<std::string, std::string> labels;
  std::vector<std::string> source_tenants;
  bool operator==(const RuleGroup&) const = default;

  // What rulers take.
  std::string to_yaml() const;
};

// By the ruler's namespace.
using RuleGroups = std::map<std::string, std::vector<RuleGroup>>;

// What a ruler lists.
Result<RuleGroups> parse_rule_groups(const std::string& yaml);

// A PrometheusRule.
struct RuleResource final : kubernetes::ClusterObject {
  std::vector<RuleGroup> groups;
  std::string problem;  // Why it can't be used; empty: it can.
  bool operator==(const RuleResource&) const = default;
};
extern const kubernetes::ObjectType rule_resource_type;

}  // namespace alloy::rules
