// Targets on their way through the configuration.
#include "signals/targets.h"

#include "base/text.h"
#include "values/convert.h"
#include "values/secret.h"

namespace alloy {

namespace {

// A target as expressions hold it.
class TargetCapsule final : public Capsule {
 public:
  explicit TargetCapsule(Target target) : target_(std::move(target)) {}

  const Target& target() const { return target_; }

  std::string_view type_name() const override { return "discovery.Target"; }
  bool equals(const Capsule& other) const override {
    const auto* capsule = dynamic_cast<const TargetCapsule*>(&other);
    return capsule != nullptr && capsule->target_ == target_;
  }
  ObjectPointer to_object() const override {
    std::vector<Object::Member> members;
    members.reserve(target_.size());
    for (size_t i = 0; i < target_.size(); ++i) {
      members.push_back({std::string(target_[i].name), Value::string(target_[i].value)});
    }
    return Object::sorted(std::move(members));
  }

 private:
  Target target_;
};

Converted<std::string> to_label_value(const Value& value);

// Lists and objects as Go prints them, which is what their users get to see in the real program.
Converted<std::string> describe_elements(const Value& value) {
  std::string out;
  if (value.is_array()) {
    const Array& array = *value.as_array();
    for (size_t i = 0; i < array.size(); ++i) {
      auto converted_1 = to_label_value(array.at(i));
      if (!converted_1) return std::unexpected(std::move(converted_1).error());
      const std::string text = *std::move(converted_1);
      out += (i == 0 ? "" : " ") + text;
    }
    return "[" + out + "]";
  }
  for (const Object::Member& member : value.to_object()->members()) {
    auto converted_2 = to_label_value(member.value);
    if (!converted_2) return std::unexpected(std::move(converted_2).error());
    const std::string text = *std::move(converted_2);
    out += (out.empty() ? "" : " ") + member.key + ":" + text;
  }
  return "map[" + out + "]";
}

Converted<std::string> to_label_value(const Value& value) {
  if (value.is_string()) return value.as_string();
  if (value.is_boolean()) return std::string(value.as_boolean() ? "true" : "false");
  if (value.is_null()) return std::string("<nil>");
  if (value.is_array() || value.to_object() != nullptr) return describe_elements(value);
  return to_text(value);  // Numbers, and secrets that are none; refuses everything else.
}

// What the real program calls the type of a plain value; nothing for others.
std::string_view go_type_of(const Value& value) {
  if (value.is_string()) return "string";
  if (value.is_boolean()) return "bool";
  if (!value.is_number()) return {};
  switch (value.as_number().kind()) {
    case NumberKind::integer:
      return "int64";
    case NumberKind::unsigned_integer:
      return "uint64";
    case NumberKind::floating:
      return "float64";
  }
  return {};
}

}  // namespace

Value to_value(const Target& target) {
  return Value::capsule(std::make_shared<const TargetCapsule>(target));
}

Converted<Target> to_target(const Value& value) {
  if (value.is_capsule()) {
    const auto* capsule = dynamic_cast<const TargetCapsule*>(value.as_capsule().get());
    if (capsule != nullptr) return capsule->target();
  }
  if (const auto type = go_type_of(value); !type.empty())
    return std::unexpected(ValueError::failed(
        value, fmt::format("target::ConvertFrom: conversion from '{}' is not supported", type)));
  auto converted_3 = to_object(value);
  if (!converted_3) return std::unexpected(std::move(converted_3).error());
  const ObjectPointer object = *std::move(converted_3);
  std::vector<std::string> texts;
  texts.reserve(object->size());
  std::vector<Label> labels;
  labels.reserve(object->size());
  for (const Object::Member& member : object->members()) {
    auto text = to_label_value(member.value);
    if (!text) return std::unexpected(std::move(text).error().inside(member.key));
    texts.push_back(*std::move(text));
    labels.push_back({member.key, texts.back()});
  }
  return Target(std::move(labels));
}

Converted<TargetsPointer> to_targets(const Value& value) {
  auto converted_4 = to_array(value);
  if (!converted_4) return std::unexpected(std::move(converted_4).error());
  const ArrayPointer array = *std::move(converted_4);
  if (auto targets = std::dynamic_pointer_cast<const Targets>(array)) return targets;
  std::vector<Target> targets;
  targets.reserve(array->size());
  for (size_t i = 0; i < array->size(); ++i) {
    auto target = to_target(array->at(i));
    if (!target) return std::unexpected(std::move(target).error().inside(i));
    targets.push_back(*std::move(target));
  }
  return std::make_shared<const Targets>(std::move(targets));
}

Value Targets::at(size_t index) const { return to_value(targets_[index]); }

ArrayPointer Targets::concatenate(std::span<const ArrayPointer> parts) const {
  std::vector<Target> all;
  for (const ArrayPointer& part : parts) {
    if (const auto* targets = dynamic_cast<const Targets*>(part.get())) {
      all.insert(all.end(), targets->targets_.begin(), targets->targets_.end());
      continue;
    }
    // A list that is written out, say: joined as targets only if everything in it is one.
    const auto converted = to_targets(Value::array(part));
    if (!converted) return nullptr;
    all.insert(all.end(), (*converted)->targets_.begin(), (*converted)->targets_.end());
  }
  return std::make_shared<const Targets>(std::move(all));
}

std::optional<bool> Targets::equals(const Array& other) const {
  const auto* targets = dynamic_cast<const Targets*>(&other);
  if (targets == nullptr) return std::nullopt;
  return targets->targets_ == targets_;
}

TargetList::TargetList() {
  static const auto none = std::make_shared<const Targets>(std::vector<Target>());
  targets_ = none;
}

Converted<> MemberTraits<Target>::decode(const Value& value, Target& into) {
  auto converted_5 = to_target(value);
  if (!converted_5) return std::unexpected(std::move(converted_5).error());
  into = *std::move(converted_5);
  return {};
}

Converted<> MemberTraits<TargetList>::decode(const Value& value, TargetList& into) {
  auto converted_6 = to_targets(value);
  if (!converted_6) return std::unexpected(std::move(converted_6).error());
  TargetsPointer targets = *std::move(converted_6);
  into = TargetList(std::move(targets));
  return {};
}

}  // namespace alloy
