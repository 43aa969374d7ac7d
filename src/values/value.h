// Values of the configuration language: what expressions evaluate to and components export.
//
// A Value is a tag and 16 bytes. Strings, arrays, objects, functions and capsules are immutable and
// shared: copying a Value never copies what it holds. Large lists can stay what they are: Array is
// an interface, so that 100,000 targets pass through the configuration as one pointer and become
// generic values only where an expression really looks into them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "values/number.h"

namespace alloy {

class Array;
class Object;
class Function;
class Capsule;
class SecretText;

using ArrayPointer = std::shared_ptr<const Array>;
using ObjectPointer = std::shared_ptr<const Object>;
using FunctionPointer = std::shared_ptr<const Function>;
using CapsulePointer = std::shared_ptr<const Capsule>;

enum class ValueType : unsigned char {
  null,
  boolean,
  number,
  string,
  array,
  object,
  function,
  capsule,
};

// As diagnostics and the API spell it: "bool", "number", …
std::string_view name_of(ValueType type);

class Value {
 public:
  // The null value.
  Value() = default;

  static Value boolean(bool value) { return Value(Data(value)); }
  static Value number(Number value) { return Value(Data(value)); }
  static Value integer(int64_t value) { return number(Number::integer(value)); }
  static Value unsigned_integer(uint64_t value) { return number(Number::unsigned_integer(value)); }
  static Value floating(double value) { return number(Number::floating(value)); }
  static Value string(std::string_view text) { return string(std::string(text)); }
  static Value string(const char* text) { return string(std::string(text)); }
  static Value string(std::string text);
  static Value array(std::vector<Value> elements);
  static Value array(ArrayPointer array) { return Value(Data(std::move(array))); }
  static Value object(ObjectPointer object) { return Value(Data(std::move(object))); }
  static Value function(FunctionPointer function) { return Value(Data(std::move(function))); }
  static Value capsule(CapsulePointer capsule) { return Value(Data(std::move(capsule))); }

  ValueType type() const;
  bool is_null() const { return data_.index() == 0; }
  bool is_boolean() const { return std::holds_alternative<bool>(data_); }
  bool is_number() const { return std::holds_alternative<Number>(data_); }
  bool is_string() const { return std::holds_alternative<StringPointer>(data_); }
  bool is_array() const { return std::holds_alternative<ArrayPointer>(data_); }
  bool is_object() const { return std::holds_alternative<ObjectPointer>(data_); }
  bool is_function() const { return std::holds_alternative<FunctionPointer>(data_); }
  bool is_capsule() const { return std::holds_alternative<CapsulePointer>(data_); }

  // What it holds; asking a value of another type is a bug.
  bool as_boolean() const { return std::get<bool>(data_); }
  Number as_number() const { return std::get<Number>(data_); }
  const std::string& as_string() const { return *std::get<StringPointer>(data_); }
  const ArrayPointer& as_array() const { return std::get<ArrayPointer>(data_); }
  const ObjectPointer& as_object() const { return std::get<ObjectPointer>(data_); }
  const FunctionPointer& as_function() const { return std::get<FunctionPointer>(data_); }
  const CapsulePointer& as_capsule() const { return std::get<CapsulePointer>(data_); }

  // The secret (or optional secret) it holds; null if it is anything else.
  const SecretText* secret() const;
  // The object it is or can be read as: objects, and capsules with fields such as targets.
  ObjectPointer to_object() const;

  // The type, for capsules with the type of what they hold: capsule("relabel.Rules").
  std::string describe() const;

 private:
  using StringPointer = std::shared_ptr<const std::string>;
  using Data = std::variant<std::monostate, bool, Number, StringPointer, ArrayPointer,
                            ObjectPointer, FunctionPointer, CapsulePointer>;
  explicit Value(Data data) : data_(std::move(data)) {}

  Data data_;
};

// Deep equality as `==` of the language defines it: numbers by value, functions never, capsules as
// their type says, values of different types never.
bool equal(const Value& left, const Value& right);

// A list of values. Layers above derive from it to pass their own lists through the configuration
// by reference; decoding recognises them with dynamic_cast and takes the list back out.
class Array {
 public:
  virtual ~Array() = default;

  virtual size_t size() const = 0;
  // The element as a value of its own; index must be below size().
  virtual Value at(size_t index) const = 0;

  // The elements of all parts one after another, if this kind of list can join them without making
  // values of its elements (array.concat asks its first argument); null: join them generically.
  virtual ArrayPointer concatenate(std::span<const ArrayPointer> parts) const;
  // Whether the other list is equal, if that can be told without making values of the elements.
  virtual std::optional<bool> equals(const Array& other) const;
};

// Names with values.
class Object {
 public:
  struct Member {
    std::string key;
    Value value;
  };

  // Keys in byte order, the way objects of the configuration list them; of several members with one
  // key the last one stays.
  static ObjectPointer sorted(std::vector<Member> members);
  // Keys in the given order, which must not repeat: arguments and exports of components.
  static ObjectPointer ordered(std::vector<Member> members);

  std::span<const Member> members() const { return members_; }
  size_t size() const { return members_.size(); }
  // The value of the key; null if there is none.
  const Value* find(std::string_view key) const;

 private:
  Object(std::vector<Member> members, bool is_sorted)
      : members_(std::move(members)), is_sorted_(is_sorted) {}

  std::vector<Member> members_;
  bool is_sorted_;
};

}  // namespace alloy
