#include "values/value.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "base/text.h"
#include "values/secret.h"

namespace alloy {
namespace {

// An array of values that an expression or a function made.
class PlainArray final : public Array {
 public:
  explicit PlainArray(std::vector<Value> elements) : elements_(std::move(elements)) {}

  size_t size() const override { return elements_.size(); }
  Value at(size_t index) const override { return elements_[index]; }

 private:
  std::vector<Value> elements_;
};

bool equal_arrays(const Array& left, const Array& right) {
  if (&left == &right) return true;
  if (left.size() != right.size()) return false;
  if (auto answer = left.equals(right)) return *answer;
  for (size_t i = 0; i < left.size(); ++i) {
    if (!equal(left.at(i), right.at(i))) return false;
  }
  return true;
}

bool equal_objects(const Object& left, const Object& right) {
  if (left.size() != right.size()) return false;
  for (const auto& [key, value] : left.members()) {
    const Value* other = right.find(key);
    if (other == nullptr || !equal(value, *other)) return false;
  }
  return true;
}

}  // namespace

std::string_view name_of(ValueType type) {
  switch (type) {
    case ValueType::null:
      return "null";
    case ValueType::boolean:
      return "bool";
    case ValueType::number:
      return "number";
    case ValueType::string:
      return "string";
    case ValueType::array:
      return "array";
    case ValueType::object:
      return "object";
    case ValueType::function:
      return "function";
    case ValueType::capsule:
      break;
  }
  return "capsule";
}

Value Value::string(std::string text) {
  return Value(Data(std::make_shared<const std::string>(std::move(text))));
}

Value Value::array(std::vector<Value> elements) {
  return array(std::make_shared<const PlainArray>(std::move(elements)));
}

ValueType Value::type() const { return static_cast<ValueType>(data_.index()); }

const SecretText* Value::secret() const {
  return is_capsule() ? dynamic_cast<const SecretText*>(as_capsule().get()) : nullptr;
}

ObjectPointer Value::to_object() const {
  if (is_object()) return as_object();
  return is_capsule() ? as_capsule()->to_object() : nullptr;
}

std::string Value::describe() const {
  if (!is_capsule()) return std::string(name_of(type()));
  return fmt::format("capsule({})", quote(as_capsule()->type_name()));
}

bool equal(const Value& left, const Value& right) {
  if (left.type() != right.type()) return false;
  switch (left.type()) {
    case ValueType::null:
      return true;
    case ValueType::boolean:
      return left.as_boolean() == right.as_boolean();
    case ValueType::number:
      return left.as_number() == right.as_number();
    case ValueType::string:
      return left.as_string() == right.as_string();
    case ValueType::array:
      return equal_arrays(*left.as_array(), *right.as_array());
    case ValueType::object:
      return equal_objects(*left.as_object(), *right.as_object());
    case ValueType::function:
      return false;
    case ValueType::capsule:
      break;
  }
  return left.as_capsule() == right.as_capsule() || left.as_capsule()->equals(*right.as_capsule());
}

ArrayPointer Array::concatenate(std::span<const ArrayPointer>) const { return nullptr; }

std::optional<bool> Array::equals(const Array&) const { return std::nullopt; }

ObjectPointer Object::sorted(std::vector<Member> members) {
  std::vector<size_t> order(members.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::sort(order, [&](size_t left, size_t right) {
    int difference = members[left].key.compare(members[right].key);
    return difference != 0 ? difference < 0 : left < right;
  });
  std::vector<Member> kept;
  kept.reserve(members.size());
  for (size_t i = 0; i < order.size(); ++i) {
    Member& member = members[order[i]];
    bool is_superseded = i + 1 < order.size() && members[order[i + 1]].key == member.key;
    if (!is_superseded) kept.push_back(std::move(member));
  }
  return ObjectPointer(new Object(std::move(kept), true));
}

ObjectPointer Object::ordered(std::vector<Member> members) {
  return ObjectPointer(new Object(std::move(members), false));
}

const Value* Object::find(std::string_view key) const {
  auto found = is_sorted_ ? std::ranges::lower_bound(members_, key, {}, &Member::key)
                          : std::ranges::find(members_, key, &Member::key);
  return found == members_.end() || found->key != key ? nullptr : &found->value;
}

}  // namespace alloy
