// Functions of the configuration language.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "values/value_error.h"

namespace alloy {

// Why a call failed: something is wrong with an argument, or with the call as a whole.
struct CallError {
  ValueError error;
  // The argument that `error` is about; none: the function itself.
  std::optional<size_t> argument;
  // Nothing more is known than the message: diagnostics have no place for it.
  bool is_plain = false;

  static CallError in_argument(size_t index, ValueError error) {
    return {.error = std::move(error), .argument = index};
  }
  static CallError failed(std::string message) {
    return {.error = {.message = std::move(message)}};
  }
  static CallError plain(std::string message) {
    return {.error = {.message = std::move(message)}, .is_plain = true};
  }
};

using CallResult = std::expected<Value, CallError>;

class Function {
 public:
  virtual ~Function() = default;
  virtual CallResult call(std::span<const Value> arguments) const = 0;
};

}  // namespace alloy
