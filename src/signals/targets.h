// Targets: what discovery finds and scrapes read. A list of 100,000 targets passes through the
// configuration as one pointer; its elements become generic values only where an expression really
// looks into them.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "schema/describe.h"
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

// A target as a value: expressions see an object.
Value to_value(const Target& target);
// A target from a target value, or from an object whose members become text.
Converted<Target> to_target(const Value& value);
// A list of targets from any array; without copying if it already is one.
Converted<TargetsPointer> to_targets(const Value& value);

// A list of targets as a member of arguments and exports; never null.
class TargetList {
 public:
  TargetList();
  explicit TargetList(std::vector<Target> targets)
      : targets_(std::make_shared<const Targets>(std::move(targets))) {}
  explicit TargetList(TargetsPointer targets) : targets_(std::move(targets)) {}

  const TargetsPointer& pointer() const { return targets_; }
  size_t size() const { return targets_->size(); }
  bool empty() const { return size() == 0; }
  const Target& operator[](size_t index) const { return targets_->targets()[index]; }
  auto begin() const { return targets_->targets().begin(); }
  auto end() const { return targets_->targets().end(); }

  friend bool operator==(const TargetList& left, const TargetList& right) {
    return left.targets_ == right.targets_ || left.targets_->targets() == right.targets_->targets();
  }

 private:
  TargetsPointer targets_;
};

template <>
struct MemberTraits<Target> {
  static constexpr std::string_view name = "target";
  static constexpr ValueType value_type = ValueType::object;
  static Converted<> decode(const Value& value, Target& into);
  static Value encode(const Target& value) { return to_value(value); }
};

template <>
struct MemberTraits<TargetList> {
  static constexpr std::string_view name = "list(target)";
  static constexpr ValueType value_type = ValueType::array;
  static Converted<> decode(const Value& value, TargetList& into);
  static Value encode(const TargetList& value) { return Value::array(value.pointer()); }
};

}  // namespace alloy
