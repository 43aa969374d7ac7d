// Finds secrets in lines.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "components/loki/secretfilter/rules.h"

namespace alloy::loki::secretfilter {

struct Finding {
  std::string_view rule;
  std::string_view secret;  // Of the line.
};

class Detector {
 public:
  explicit Detector(RuleSet rules);

  // The secrets of a line, by rule. `is_late` is asked between rules, and ends the search.
  std::vector<Finding> find(std::string_view line, const std::function<bool()>& is_late) const;

 private:
  void apply(const Rule& rule, std::string_view line, std::vector<Finding>& findings) const;

  RuleSet rules_;
  // Finds any keyword of any rule: most lines have none, and are done with that.
  std::optional<SearchExpression> keywords_;
  bool has_rules_without_keywords_ = false;
};

// Bits a character.
double entropy_of(std::string_view text);
// The first part of a secret and three dots; all of it gone at 100 %.
std::string masked(std::string_view secret, unsigned percent);

}  // namespace alloy::loki::secretfilter
