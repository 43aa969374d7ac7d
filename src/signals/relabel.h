// Relabelling: the rules of discovery.relabel, prometheus.relabel, loki.relabel and the
// write_relabel_config of prometheus.remote_write.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "schema/fields.h"
#include "signals/labels.h"
#include "signals/regular_expression.h"
#include "values/capsule.h"

namespace alloy {

enum class RelabelAction : uint8_t {
  replace,
  keep,
  drop,
  keepequal,
  dropequal,
  hashmod,
  labelmap,
  labeldrop,
  labelkeep,
  lowercase,
  uppercase,
};
constexpr auto enum_names(RelabelAction) {
  using enum RelabelAction;
  return std::array{EnumName{replace, "replace"},     EnumName{keep, "keep"},
                    EnumName{drop, "drop"},           EnumName{keepequal, "keepequal"},
                    EnumName{dropequal, "dropequal"}, EnumName{hashmod, "hashmod"},
                    EnumName{labelmap, "labelmap"},   EnumName{labeldrop, "labeldrop"},
                    EnumName{labelkeep, "labelkeep"}, EnumName{lowercase, "lowercase"},
                    EnumName{uppercase, "uppercase"}};
}
std::string enum_error(RelabelAction, std::string_view text);
// "replace", "labelmap", …
std::string_view name_of(RelabelAction action);

// Which label names `replace` may make. Metrics keep the old rules, targets take any name.
enum class LabelNameRules : uint8_t { legacy, utf8 };
// [a-zA-Z_][a-zA-Z0-9_]*
bool is_legacy_label_name(std::string_view name);

// One `rule` block.
struct RelabelRule {
  std::vector<std::string> source_labels;
  std::string separator = ";";
  RegularExpression regex = RegularExpression::known("(.*)");
  uint64_t modulus = 0;
  std::string target_label;
  std::string replacement = "$1";
  RelabelAction action = RelabelAction::replace;

  static constexpr auto schema() {
    return fields(
        optional<&RelabelRule::source_labels>(
            "source_labels", "Labels whose values are joined and matched against `regex`."),
        optional<&RelabelRule::separator>("separator",
                                          "What stands between the values of `source_labels`."),
        optional<&RelabelRule::regex>("regex", "Regular expression (RE2), anchored at both ends."),
        optional<&RelabelRule::modulus>("modulus", "Divisor of the hash for `hashmod`."),
        optional<&RelabelRule::target_label>("target_label", "Label that gets the result."),
        optional<&RelabelRule::replacement>(
            "replacement", "Value of the result; `$1` or `${1}` is what a group matched."),
        optional<&RelabelRule::action>("action", "What to do with the labels."));
  }
  // What the actions need and forbid.
  Result<void> validate() const;

  friend bool operator==(const RelabelRule&, const RelabelRule&) = default;
};

// Rules ready to be applied; immutable, so shared by all threads. This is also what components
// export as `rules`.
class RelabelRules {
 public:
  // From validated rules.
  explicit RelabelRules(std::vector<RelabelRule> rules = {});
  ~RelabelRules();

  // Applies the rules in order. False: the labels are dropped (and are in an unspecified state).
  bool apply(LabelBuilder& labels, LabelNameRules names = LabelNameRules::legacy) const;

  // The same, and tells which rules did something: how many were reached, how the labels changed.
  struct Step {
    size_t rule = 0;
    bool changed = false;
    bool dropped = false;
  };
  bool apply(LabelBuilder& labels, std::vector<Step>& steps) const;

  bool empty() const { return rules_.empty(); }
  const std::vector<RelabelRule>& rules() const { return rules_; }

  friend bool operator==(const RelabelRules& left, const RelabelRules& right) {
    return left.rules_ == right.rules_;
  }

 private:
  struct Compiled;
  static bool apply(const RelabelRule& rule, const Compiled& compiled, LabelBuilder& labels,
                    LabelNameRules names, std::string& buffer);
  static void replace_label(const RelabelRule& rule, const Compiled& compiled,
                            std::string_view value, LabelBuilder& labels, LabelNameRules names);
  static void map_labels(const RelabelRule& rule, const Compiled& compiled, LabelBuilder& labels);

  std::vector<RelabelRule> rules_;
  std::vector<Compiled> compiled_;  // One a rule.
};

using RelabelRulesPointer = std::shared_ptr<const RelabelRules>;

template <>
struct CapsuleTraits<RelabelRules> {
  static constexpr std::string_view name = "relabel.Rules";
  static constexpr bool is_list_of_objects = true;
};

}  // namespace alloy
