// Why a value does not fit where it is used, and which part of it.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "values/value.h"

namespace alloy {

// What is wrong with a value. The evaluator turns it into a diagnostic: it follows the path into
// the expression that the value came from and points at the most precise part.
struct ValueError {
  enum class Kind : unsigned char {
    message,      // Anything else; see message.
    type,         // The part has another type than `expected`.
    missing_key,  // The part is a member whose key, `message`, the target does not know.
  };
  using Step = std::variant<size_t, std::string>;  // Element index or object key.

  Kind kind = Kind::message;
  std::string message;
  ValueType expected = ValueType::null;
  Value part;              // What does not fit.
  std::vector<Step> path;  // From the value to the part, innermost step first.

  static ValueError failed(const Value& part, std::string message) {
    return {.message = std::move(message), .part = part};
  }
  static ValueError wrong_type(const Value& part, ValueType expected) {
    return {.kind = Kind::type, .expected = expected, .part = part};
  }
  static ValueError unknown_key(const Value& part, std::string_view key) {
    return {.kind = Kind::missing_key, .message = std::string(key), .part = part};
  }

  // The same error, seen from the array or object that holds the value.
  ValueError inside(size_t index) && {
    path.emplace_back(index);
    return std::move(*this);
  }
  ValueError inside(std::string_view key) && {
    path.emplace_back(std::string(key));
    return std::move(*this);
  }

  // The sentence for a place that does not know the expression: "expected number, got string".
  std::string to_string() const;
  // The predicate after the text of an expression: "should be number, got string".
  std::string predicate() const;
};

template <class T = void>
using Converted = std::expected<T, ValueError>;

}  // namespace alloy
