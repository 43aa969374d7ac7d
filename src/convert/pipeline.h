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

// The targets of a list of {targets, labels} as the texts of objects. A group without targets has
// one at the address, if there is any.
std::vector<std::string> static_targets(const YamlNode* groups, SourceReader& reader,
                                        std::string_view address_otherwise = {});

// Where targets come from: references to exports, and lists that stand in the configuration.
class TargetList {
 public:
  void add(std::string expression) { parts_.push_back(std::move(expression)); }

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
