#include "components/shared/kubernetes/relabel_spec.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "signals/go_strings.h"

namespace alloy::kubernetes {

std::vector<RelabelSpec> read_relabel_specs(JsonNode list) {
  std::vector<RelabelSpec> specs;
  for (const JsonNode& node : list.elements()) {
    RelabelSpec& spec = specs.emplace_back();
    for (const std::string_view name : node["sourceLabels"].texts())
      spec.source_labels.emplace_back(name);
    if (node["separator"]) spec.separator = node["separator"].text();
    spec.target_label = node["targetLabel"].text();
    spec.regex = node["regex"].text();
    spec.modulus = static_cast<uint64_t>(std::max<int64_t>(node["modulus"].integer(), 0));
    if (node["replacement"]) spec.replacement = node["replacement"].text();
    spec.action = node["action"].text();
  }
  return specs;
}

Result<RelabelRule> make_relabel_rule(const RelabelSpec& spec) {
  RelabelRule rule;
  rule.source_labels = spec.source_labels;
  if (spec.separator && !spec.separator->empty()) rule.separator = *spec.separator;
  rule.target_label = spec.target_label;
  if (!spec.regex.empty()) {
    TRY(rule.regex, RegularExpression::create(spec.regex));
  }
  rule.modulus = spec.modulus;
  if (spec.replacement && !spec.replacement->empty()) rule.replacement = *spec.replacement;
  if (!spec.action.empty()) {
    const std::string action = to_lower(spec.action);
    const auto names = enum_names(RelabelAction{});
    const auto* known = std::ranges::find(names, action, &EnumName<RelabelAction>::name);
    if (known == names.end())
      return fail(fmt::format("unknown relabel action {}", quote(spec.action)));
    rule.action = known->value;
  }
  TRY(rule.validate());
  return rule;
}

Result<std::vector<RelabelRule>> make_relabel_rules(const std::vector<RelabelSpec>& specs) {
  std::vector<RelabelRule> rules;
  for (const RelabelSpec& spec : specs) {
    TRY(auto rule, make_relabel_rule(spec));
    rules.push_back(std::move(rule));
  }
  return rules;
}

}  // namespace alloy::kubernetes
