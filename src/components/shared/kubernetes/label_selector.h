// Label selectors: in arguments, in objects, and as the API server takes them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "components/shared/kubernetes/objects.h"
#include "schema/fields.h"

namespace alloy::kubernetes {

struct MatchExpression {
  std::string key;
  std::string op;
  std::vector<std::string> values;

  static constexpr auto schema() {
    using M = MatchExpression;
    return fields(
        required<&M::key>("key", "The label's name."),
        required<&M::op>("operator", "In, NotIn, Exists or DoesNotExist."),
        optional<&M::values>("values", "The values for In and NotIn; otherwise there are none."));
  }
  bool operator==(const MatchExpression&) const = default;
};

// A `selector` block. All of it must hold.
struct LabelSelectorArguments {
  std::map<std::string, std::string> match_labels;
  std::vector<MatchExpression> match_expressions;

  static constexpr auto schema() {
    using S = LabelSelectorArguments;
    return fields(optional<&S::match_labels>("match_labels", "Labels and their values."),
                  blocks<&S::match_expressions>("match_expression", "A condition on a label."));
  }
  bool operator==(const LabelSelectorArguments&) const = default;
};

// A selector of an object: {matchLabels: {…}, matchExpressions: [{key, operator, values}]}.
LabelSelectorArguments read_label_selector(JsonNode node);

class LabelSelector {
 public:
  // Fits everything.
  LabelSelector() = default;
  // Errors: `"X" is not a valid label selector operator`, …
  static Result<LabelSelector> create(const LabelSelectorArguments& arguments);

  bool matches(const Texts& labels) const;
  bool fits_everything() const { return requirements_.empty(); }
  // "a=b,c in (d,e),!f": what `labelSelector` of a query takes.
  std::string text() const;

 private:
  enum class Operator : unsigned char { in, not_in, exists, does_not_exist };
  struct Requirement {
    std::string key;
    Operator op;
    std::vector<std::string> values;  // Sorted.
    bool is_equality;                 // From match_labels.
  };

  std::vector<Requirement> requirements_;  // Sorted by key.
};

}  // namespace alloy::kubernetes
