// Relabelling: the rules of discovery.relabel, prometheus.relabel, loki.relabel and the
// write_relabel_config of prometheus.remote_write.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "signals/labels.h"
#include "values/capsule.h"

namespace re2 {
class RE2;
}

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
// "replace", "labelmap", …
std::string_view name_of(RelabelAction action);

// One `rule` block as written. Its schema is in signals/relabel_schema.h.
struct RelabelRule {
  std::vector<std::string> source_labels;
  std::string separator = ";";
  std::string regex = "(.*)";
  uint64_t modulus = 0;
  std::string target_label;
  std::string replacement = "$1";
  RelabelAction action = RelabelAction::replace;

  // What the actions need and forbid; the regular expression is checked by the compiler below.
  Result<void> validate() const;

  friend bool operator==(const RelabelRule&, const RelabelRule&) = default;
};

// Rules ready to be applied; immutable, so shared by all threads. This is also what components
// export as `rules`.
class RelabelRules {
 public:
  // Validates each rule and compiles its regular expression.
  static Result<std::shared_ptr<const RelabelRules>> create(std::vector<RelabelRule> rules);

  // Applies the rules in order. False: the labels are dropped (and are in an unspecified state).
  bool apply(LabelBuilder& labels) const;

  bool empty() const { return rules_.empty(); }
  const std::vector<RelabelRule>& rules() const { return rules_; }

  friend bool operator==(const RelabelRules& left, const RelabelRules& right) {
    return left.rules_ == right.rules_;
  }

 private:
  struct Compiled;
  RelabelRules() = default;

  std::vector<RelabelRule> rules_;
  std::vector<std::shared_ptr<const Compiled>> compiled_;  // One a rule.
};

using RelabelRulesPointer = std::shared_ptr<const RelabelRules>;

template <>
struct CapsuleTraits<RelabelRules> {
  static constexpr std::string_view name = "relabel.Rules";
};

}  // namespace alloy
