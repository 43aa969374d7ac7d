#include "values/number.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>

#include <fmt/format.h>

namespace alloy {
namespace {

// The digits of an integer literal: its base, and the text behind the prefix without underscores.
struct IntegerText {
  int base = 10;
  std::string digits;
};

IntegerText integer_text(std::string_view text) {
  IntegerText result;
  auto prefix = text.substr(0, 2);
  if (prefix == "0x" || prefix == "0X") result.base = 16;
  if (prefix == "0b" || prefix == "0B") result.base = 2;
  if (prefix == "0o" || prefix == "0O") result.base = 8;
  if (result.base != 10) {
    text.remove_prefix(2);
  } else if (text.size() > 1 && text.front() == '0') {
    result.base = 8;
    text.remove_prefix(1);
  }
  for (char c : text) {
    if (c != '_') result.digits.push_back(c);
  }
  return result;
}

template <class T>
std::optional<T> parse_integer(const IntegerText& text) {
  T value{};
  const char* end = text.digits.data() + text.digits.size();
  auto [stop, error] = std::from_chars(text.digits.data(), end, value, text.base);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

}  // namespace

Result<Number> Number::parse_literal(std::string_view text) {
  IntegerText digits = integer_text(text);
  if (auto value = parse_integer<int64_t>(digits)) return integer(*value);
  if (auto value = parse_integer<uint64_t>(digits)) return unsigned_integer(*value);
  std::string terminated(text);
  char* stop = nullptr;
  double value = std::strtod(terminated.c_str(), &stop);
  if (terminated.empty() || stop != terminated.c_str() + terminated.size()) {
    return fail(fmt::format("\"{}\" is not a number", text), ErrorKind::invalid);
  }
  if (std::isinf(value)) {
    return fail(fmt::format("strconv.ParseFloat: parsing \"{}\": value out of range", text),
                ErrorKind::invalid);
  }
  return floating(value);
}

int64_t Number::as_integer() const {
  if (kind_ == NumberKind::integer) return bits_.integer;
  if (kind_ == NumberKind::unsigned_integer) return static_cast<int64_t>(bits_.unsigned_integer);
  constexpr double limit = 9223372036854775808.0;  // 2^63
  double value = bits_.floating;
  if (!(value >= -limit && value < limit)) return std::numeric_limits<int64_t>::min();
  return static_cast<int64_t>(value);
}

uint64_t Number::as_unsigned() const {
  if (kind_ == NumberKind::unsigned_integer) return bits_.unsigned_integer;
  if (kind_ == NumberKind::integer) return static_cast<uint64_t>(bits_.integer);
  constexpr double half = 9223372036854775808.0;  // 2^63
  double value = bits_.floating;
  if (value >= half && value < 2 * half) return static_cast<uint64_t>(value);
  return static_cast<uint64_t>(as_integer());
}

double Number::as_floating() const {
  if (kind_ == NumberKind::floating) return bits_.floating;
  if (kind_ == NumberKind::integer) return static_cast<double>(bits_.integer);
  return static_cast<double>(bits_.unsigned_integer);
}

bool Number::is_zero() const {
  return kind_ == NumberKind::floating ? bits_.floating == 0 : bits_.unsigned_integer == 0;
}

std::string Number::to_string() const {
  if (kind_ == NumberKind::integer) return fmt::to_string(bits_.integer);
  if (kind_ == NumberKind::unsigned_integer) return fmt::to_string(bits_.unsigned_integer);
  return format_decimal(bits_.floating);
}

bool operator==(Number left, Number right) {
  if (common_kind(left, right) == NumberKind::floating) {
    return left.as_floating() == right.as_floating();
  }
  return left.bits_.unsigned_integer == right.bits_.unsigned_integer;
}

std::string format_decimal(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  char buffer[400];  // The smallest number has 324 digits behind the point.
  constexpr double integers_end = 9007199254740992;  // 2^53
  if (std::fabs(value) < integers_end) {
    auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed).ptr;
    return {buffer, end};
  }
  // The digits that tell the number from its neighbours, then zeros; not all that it has.
  auto end =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  const std::string_view text(buffer, end);
  const size_t exponent_at = text.find('e');
  size_t exponent = 0;
  std::from_chars(buffer + exponent_at + 2, end, exponent);
  std::string digits(text.substr(0, exponent_at));
  std::erase(digits, '.');
  const size_t sign = digits.starts_with('-') ? 1 : 0;
  digits.resize(std::max(digits.size(), sign + exponent + 1), '0');
  return digits;
}

std::string format_json_number(double value) {
  double magnitude = std::fabs(value);
  if (magnitude == 0 || (magnitude >= 1e-6 && magnitude < 1e21)) return format_decimal(value);
  char buffer[40];
  auto end =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  std::string text(buffer, end);
  // JSON texts of the real program have no leading zero in a negative exponent: 1e-7.
  size_t size = text.size();
  if (size >= 4 && text[size - 4] == 'e' && text[size - 3] == '-' && text[size - 2] == '0') {
    text.erase(size - 2, 1);
  }
  return text;
}

}  // namespace alloy
