// The rules by which secrets are recognised: our own, or those of a file in Gitleaks' format.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "signals/search_expression.h"

namespace alloy::loki::secretfilter {

// What is no secret although a rule says so.
struct Allowlist {
  enum class Target : unsigned char { secret, match, line };

  std::vector<SearchExpression> expressions;
  std::vector<std::string> stopwords;  // In small letters.
  Target target = Target::secret;
  bool needs_all = false;             // Both kinds have to apply.
  std::vector<std::string> rule_ids;  // Of global ones: the rules meant; empty: all.

  bool allows(std::string_view secret, std::string_view match, std::string_view line) const;
};

struct Rule {
  std::string id;
  std::optional<SearchExpression> expression;
  size_t group = 0;  // 0: the first group that matched something.
  double entropy_min = 0;
  std::vector<std::string> keywords;  // In small letters; one has to be in the line.
  std::vector<Allowlist> allowlists;
};

struct RuleSet {
  std::vector<Rule> rules;
  std::vector<Allowlist> allowlists;
};

// Those that are built in.
const RuleSet& built_in_rules();
// A file in the format of Gitleaks (TOML), which may extend the built-in rules.
Result<RuleSet> parse_rules(std::string_view text);
Result<RuleSet> load_rules(const std::string& path);

}  // namespace alloy::loki::secretfilter
