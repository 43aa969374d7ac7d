// Targets: what discovery finds and scrapes read. A list of 100,000 targets passes through the
// configuration as one pointer; its elements become generic values only where an expression really
// looks into them.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "signals/labels.h"
#include "values/capsule.h"
#include "values/value.h"
#include "values/value_error.h"

namespace alloy {

// The labels of one target, sorted by name; copies share them.
using Target = LabelSet;

// An immutable list of targets and, at the same time, an array of the configuration language.
class Targets final : public Array {
 public:
  explicit Targets(std::vector<Target> targets) : targets_(std::move(targets)) {}

  const std::vector<Target>& targets() const { return targets_; }

  size_t size() const override { return targets_.size(); }
  Value at(size_t index) const override;
  ArrayPointer concatenate(std::span<const ArrayPointer> parts) const override;
  std::optional<bool> equals(const Array& other) const override;

 private:
  std::vector<Target> targets_;
};

using TargetsPointer = std::shared_ptr<const Targets>;

// A target as a value: an object to expressions, capsule("target") to diagnostics.
Value to_value(const Target& target);
// A target from a target value or an object whose members are converted to strings.
Converted<Target> to_target(const Value& value);
// A list of targets from any array; without copying if it already is one.
Converted<TargetsPointer> to_targets(const Value& value);

}  // namespace alloy
