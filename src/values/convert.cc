#include "values/convert.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "values/bytes.h"

namespace alloy {
namespace {

std::unexpected<ValueError> wrong_type(const Value& value, ValueType expected) {
  return std::unexpected(ValueError::wrong_type(value, expected));
}

template <class T>
std::optional<Number> parse_whole(std::string_view text, Number (*make)(T)) {
  T number{};
  auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return make(number);
}

std::optional<Number> parse_floating(const std::string& text) {
  // What strtod accepts beyond this (blanks, infinity, hexadecimal) the language does not.
  if (text.find_first_not_of("0123456789.eE+-") != std::string::npos) return std::nullopt;
  char* stop = nullptr;
  double number = std::strtod(text.c_str(), &stop);
  if (stop != text.c_str() + text.size() || std::isinf(number)) return std::nullopt;
  return Number::floating(number);
}

// A string as a number: what starts with a minus is an integer, what has a point or an exponent
// floating, and everything else unsigned.
std::optional<Number> parse_number(const std::string& text) {
  if (text.empty()) return std::nullopt;
  if (text.front() == '-') return parse_whole<int64_t>(text, &Number::integer);
  if (text.find_first_of(".eE") != std::string::npos) return parse_floating(text);
  return parse_whole<uint64_t>(text, &Number::unsigned_integer);
}

}  // namespace

Converted<std::string> to_text(const Value& value) {
  if (value.is_string()) return value.as_string();
  if (value.is_null()) return std::string();
  if (value.is_number()) return value.as_number().to_string();
  if (value.is_array()) {
    if (const auto* bytes = dynamic_cast<const Bytes*>(value.as_array().get())) {
      return bytes->bytes();
    }
  }
  if (const SecretText* secret = value.secret()) {
    if (!secret->is_secret()) return secret->text();
    return std::unexpected(ValueError::failed(value, "secrets may not be converted into strings"));
  }
  return wrong_type(value, ValueType::string);
}

Converted<Number> to_number(const Value& value) {
  if (value.is_number()) return value.as_number();
  if (value.is_null()) return Number::integer(0);
  if (value.is_string()) {
    if (auto number = parse_number(value.as_string())) return *number;
  } else if (const SecretText* secret = value.secret(); secret != nullptr && !secret->is_secret()) {
    if (auto number = parse_number(secret->text())) return *number;
  }
  return wrong_type(value, ValueType::number);
}

Converted<bool> to_boolean(const Value& value) {
  if (value.is_boolean()) return value.as_boolean();
  if (value.is_null()) return false;
  return wrong_type(value, ValueType::boolean);
}

Converted<ArrayPointer> to_array(const Value& value) {
  if (value.is_array()) return value.as_array();
  if (value.is_null()) return Value::array(std::vector<Value>()).as_array();
  return wrong_type(value, ValueType::array);
}

Converted<ObjectPointer> to_object(const Value& value) {
  if (value.is_null()) return Object::sorted({});
  if (ObjectPointer object = value.to_object()) return object;
  return wrong_type(value, ValueType::object);
}

Converted<Secret> to_secret(const Value& value) {
  if (value.is_string()) return Secret{value.as_string()};
  if (value.is_null()) return Secret{};
  if (const SecretText* secret = value.secret()) return Secret{secret->text()};
  return wrong_type(value, ValueType::capsule);
}

Converted<OptionalSecret> to_optional_secret(const Value& value) {
  if (value.is_string()) return OptionalSecret{value.as_string(), false};
  if (value.is_null()) return OptionalSecret{};
  if (const SecretText* secret = value.secret()) {
    return OptionalSecret{secret->text(), secret->is_secret()};
  }
  return wrong_type(value, ValueType::capsule);
}

}  // namespace alloy
