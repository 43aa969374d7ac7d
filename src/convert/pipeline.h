// What pipelines of converted configurations have in common: names, and lists of targets.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "convert/diagnostics.h"
#include "convert/draft.h"
#include "convert/source_fields.h"

namespace alloy::convert {

// The label of the n-th component (from 0) that is made for the same thing: "a", "a_2", "a_3".
std::string numbered_label(std::string_view label, size_t index);

// Where targets come from: references to exports, and targets that stand in the configuration.
class TargetList {
 public:
  void add_reference(std::string reference) { parts_.push_back(std::move(reference)); }
  // The targets of a list of {targets, labels}.
  void add_static(const YamlNode* groups, SourceReader& reader);

  bool empty() const { return parts_.empty(); }
  Expression expression() const;

 private:
  std::vector<std::string> parts_;
};

// Rules of the name into a component's or an endpoint's block, from a list of relabel configs.
void add_relabel_rules(const YamlNode* configs, std::string_view name, const Schema& component,
                       SourceReader& reader, Draft& into);

// A critical diagnostic for each component whose id another one has already.
void check_duplicates(const std::vector<Component>& components, Diagnostics& diagnostics);

}  // namespace alloy::convert
