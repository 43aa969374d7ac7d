// array.*: lists.
#include <algorithm>
#include <map>
#include <vector>

#include <fmt/format.h>

#include "values/secret.h"
#include "values/stdlib/library.h"

namespace alloy::stdlib {
namespace {

// All elements of all arguments. Lists of a kind that can be joined as they are stay of that kind.
CallResult concat(std::span<const Value> arguments) {
  std::vector<ArrayPointer> parts;
  size_t size = 0;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (!arguments[i].is_array()) {
      return std::unexpected(wrong_type(i, arguments[i], ValueType::array));
    }
    parts.push_back(arguments[i].as_array());
    size += parts.back()->size();
  }
  std::erase_if(parts, [](const ArrayPointer& part) { return part->size() == 0; });
  if (parts.empty()) return Value::array(std::vector<Value>());
  if (parts.size() == 1) return Value::array(parts[0]);
  if (ArrayPointer joined = parts[0]->concatenate(parts)) return Value::array(std::move(joined));
  std::vector<Value> elements;
  elements.reserve(size);
  for (const ArrayPointer& part : parts) {
    for (size_t i = 0; i < part->size(); ++i) elements.push_back(part->at(i));
  }
  return Value::array(std::move(elements));
}

// The arguments of combine_maps, checked.
struct Combination {
  std::vector<ObjectPointer> left;
  std::vector<ObjectPointer> right;
  ArrayPointer conditions;
  bool keeps_unmatched = false;
};

std::expected<std::vector<ObjectPointer>, CallError> objects(std::span<const Value> arguments,
                                                             size_t index) {
  const Value& argument = arguments[index];
  if (!argument.is_array()) {
    return std::unexpected(wrong_type(index, argument, ValueType::array));
  }
  std::vector<ObjectPointer> list;
  const Array& array = *argument.as_array();
  for (size_t i = 0; i < array.size(); ++i) {
    Value element = array.at(i);
    list.push_back(element.to_object());
    if (list.back() == nullptr) {
      return std::unexpected(CallError::in_argument(
          index, ValueError::wrong_type(element, ValueType::object).inside(i)));
    }
  }
  return list;
}

std::expected<Combination, CallError> read_combination(std::span<const Value> arguments) {
  if (arguments.size() != 3 && arguments.size() != 4) {
    return std::unexpected(CallError::plain(
        fmt::format("combine_maps: expected 3 or 4 arguments, got {}", arguments.size())));
  }
  Combination combination;
  auto left = objects(arguments, 0);
  if (!left) return std::unexpected(std::move(left).error());
  combination.left = *std::move(left);
  auto right = objects(arguments, 1);
  if (!right) return std::unexpected(std::move(right).error());
  combination.right = *std::move(right);
  if (!arguments[2].is_array()) {
    return std::unexpected(wrong_type(2, arguments[2], ValueType::array));
  }
  combination.conditions = arguments[2].as_array();
  if (combination.conditions->size() == 0) {
    return std::unexpected(CallError::in_argument(
        2, ValueError::failed(arguments[2], "combine_maps: merge conditions must not be empty")));
  }
  for (size_t i = 0; i < combination.conditions->size(); ++i) {
    Value condition = combination.conditions->at(i);
    if (condition.is_string()) continue;
    return std::unexpected(
        CallError::in_argument(2, ValueError::wrong_type(condition, ValueType::string).inside(i)));
  }
  if (arguments.size() == 4) {
    if (!arguments[3].is_boolean()) {
      return std::unexpected(wrong_type(3, arguments[3], ValueType::boolean));
    }
    combination.keeps_unmatched = arguments[3].as_boolean();
  }
  return combination;
}

// Whether two members count as equal here: numbers only if they are of the same kind.
bool is_same(const Value& left, const Value& right) {
  if (left.is_number() && right.is_number() &&
      left.as_number().kind() != right.as_number().kind()) {
    return false;
  }
  return equal(left, right);
}

bool should_join(const Object& left, const Object& right, const Array& conditions) {
  for (size_t i = 0; i < conditions.size(); ++i) {
    const std::string& key = conditions.at(i).as_string();
    const Value* a = left.find(key);
    const Value* b = right.find(key);
    if (a == nullptr || b == nullptr || !is_same(*a, *b)) return false;
  }
  return true;
}

// Pairs each object on the left with each on the right that agrees with it in all conditions.
CallResult combine_maps(std::span<const Value> arguments) {
  auto combination = read_combination(arguments);
  if (!combination) return std::unexpected(std::move(combination).error());
  std::vector<Value> combined;
  for (size_t i = 0; i < combination->left.size(); ++i) {
    const Object& left = *combination->left[i];
    for (const ObjectPointer& right : combination->right) {
      if (should_join(left, *right, *combination->conditions)) {
        std::vector<Object::Member> members(left.members().begin(), left.members().end());
        members.insert(members.end(), right->members().begin(), right->members().end());
        combined.push_back(Value::object(Object::sorted(std::move(members))));
      } else if (combination->keeps_unmatched) {
        combined.push_back(arguments[0].as_array()->at(i));
      }
    }
  }
  return Value::array(std::move(combined));
}

// Objects grouped by the text of one of their members, in the order of these texts.
CallResult group_by(std::span<const Value> arguments) {
  if (arguments.size() != 3) {
    return std::unexpected(
        CallError::plain(fmt::format("group_by: expected 3 arguments, got {}", arguments.size())));
  }
  constexpr ValueType types[] = {ValueType::array, ValueType::string, ValueType::boolean};
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i].type() != types[i]) {
      return std::unexpected(wrong_type(i, arguments[i], types[i]));
    }
  }
  const Array& items = *arguments[0].as_array();
  const std::string& key = arguments[1].as_string();
  std::map<std::string, std::vector<Value>> groups;
  for (size_t i = 0; i < items.size(); ++i) {
    Value item = items.at(i);
    ObjectPointer object = item.to_object();
    if (object == nullptr) {
      return std::unexpected(
          CallError::in_argument(0, ValueError::wrong_type(item, ValueType::object).inside(i)));
    }
    const Value* value = object->find(key);
    if (value == nullptr) {
      bool drops_missing = arguments[2].as_boolean();
      if (!drops_missing) groups[""].push_back(Value::object(object));
      continue;
    }
    if (!value->is_string()) {
      return std::unexpected(CallError::in_argument(
          0, ValueError::wrong_type(*value, ValueType::string).inside(key).inside(i)));
    }
    groups[value->as_string()].push_back(Value::object(object));
  }
  std::vector<Value> grouped;
  for (auto& [value, members] : groups) {
    grouped.push_back(Value::object(Object::sorted(
        {{key, Value::string(value)}, {"items", Value::array(std::move(members))}})));
  }
  return Value::array(std::move(grouped));
}

}  // namespace

Value array_namespace() {
  return make_namespace({
      {"combine_maps", function(&combine_maps)},
      {"concat", function(&concat)},
      {"group_by", function(&group_by)},
  });
}

}  // namespace alloy::stdlib
