// Error and Result: how everything that can fail says so.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace alloy {

// What code may decide on; everything else is in the message.
enum class ErrorKind : unsigned char {
  failed,     // Nothing more is known; trying again may help.
  invalid,    // The input is wrong; trying again can't help.
  not_found,  // The thing asked for does not exist.
  timeout,    // It took too long; trying again may help.
  stopped,    // The caller asked to stop.
  full,       // A limit is reached: disk, queue, size.
};

// A sentence for its reader, that gains context on its way up: "opening x: permission denied".
class [[nodiscard]] Error {
 public:
  explicit Error(std::string message, ErrorKind kind = ErrorKind::failed)
      : message_(std::move(message)), kind_(kind) {}

  // For the current errno: "<what>: no such file or directory"; ENOENT not_found, ENOSPC full.
  static Error from_errno(std::string_view what);

  const std::string& message() const { return message_; }
  ErrorKind kind() const { return kind_; }

  // The same error with "<context>: " in front.
  Error with_context(std::string_view context) &&;

 private:
  std::string message_;
  ErrorKind kind_;
};

template <class T = void>
using Result = std::expected<T, Error>;

// Shorthand for a failing return: return fail("...");
inline std::unexpected<Error> fail(std::string message, ErrorKind kind = ErrorKind::failed) {
  return std::unexpected(Error(std::move(message), kind));
}

// Reports a broken invariant of our own with its place, and aborts. Never for input.
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);

}  // namespace alloy

#define ALLOY_CONCAT_INNER(a, b) a##b
#define ALLOY_CONCAT(a, b) ALLOY_CONCAT_INNER(a, b)
#define ALLOY_TRY_VALUE(keyword, result, declaration, expression)                  \
  auto result = (expression);                                                      \
  if (!result) keyword std::unexpected<::alloy::Error>(std::move(result).error()); \
  declaration = *std::move(result)
#define ALLOY_TRY_VOID(keyword, result, expression) \
  if (auto result = (expression); !result)          \
  keyword std::unexpected<::alloy::Error>(std::move(result).error())
#define ALLOY_TRY_2(declaration, expression) \
  ALLOY_TRY_VALUE(return, ALLOY_CONCAT(try_result_, __LINE__), declaration, expression)
#define ALLOY_TRY_1(expression) \
  ALLOY_TRY_VOID(return, ALLOY_CONCAT(try_result_, __LINE__), expression)
#define ALLOY_CO_TRY_2(declaration, expression) \
  ALLOY_TRY_VALUE(co_return, ALLOY_CONCAT(try_result_, __LINE__), declaration, expression)
#define ALLOY_CO_TRY_1(expression) \
  ALLOY_TRY_VOID(co_return, ALLOY_CONCAT(try_result_, __LINE__), expression)
#define ALLOY_TRY_SELECT(_1, _2, name, ...) name

// TRY(auto x, f()); declares x from the value of f(), or returns its error from this function.
// TRY(f()); does so for a Result without a value.
#define TRY(...) ALLOY_TRY_SELECT(__VA_ARGS__, ALLOY_TRY_2, ALLOY_TRY_1, )(__VA_ARGS__)
// The same inside a coroutine.
#define CO_TRY(...) ALLOY_TRY_SELECT(__VA_ARGS__, ALLOY_CO_TRY_2, ALLOY_CO_TRY_1, )(__VA_ARGS__)

#define ASSERT(expression) \
  ((expression) ? void() : ::alloy::assertion_failed(#expression, __FILE__, __LINE__))
