// Numbers that are not simple decimals.
#include "wire/float_text.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <iterator>

#include "base/text.h"

namespace alloy::wire {

namespace {

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if ((text[i] | 0x20) != lower[i]) return false;
  }
  return true;
}

std::unexpected<Error> refuse(std::string_view text, std::string_view why) {
  return fail("strconv.ParseFloat: parsing " + quote(text) + ": " + std::string(why),
              ErrorKind::invalid);
}

}  // namespace

Result<double> parse_float(std::string_view text) {
  if (text.find_first_of("pP_") != std::string_view::npos) {
    return fail("unsupported character in float", ErrorKind::invalid);
  }
  std::string_view digits = text;
  bool is_negative = false;
  if (!digits.empty() && (digits.front() == '+' || digits.front() == '-')) {
    is_negative = digits.front() == '-';
    digits.remove_prefix(1);
  }
  if (equals_ignoring_case(digits, "inf") || equals_ignoring_case(digits, "infinity")) {
    return is_negative ? -INFINITY : INFINITY;
  }
  if (equals_ignoring_case(text, "nan")) return std::bit_cast<double>(normal_nan_bits);
  // Whatever else starts with a letter is for std::from_chars, but not for Go.
  if (digits.empty() || (digits.front() != '.' && (digits.front() < '0' || digits.front() > '9'))) {
    return refuse(text, "invalid syntax");
  }
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (end != digits.data() + digits.size() || error == std::errc::invalid_argument) {
    return refuse(text, "invalid syntax");
  }
  if (error == std::errc::result_out_of_range) {
    value = std::strtod(std::string(digits).c_str(), nullptr);
    if (std::isinf(value)) return refuse(text, "value out of range");
  }
  return is_negative ? -value : value;
}

std::string format_float(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  char buffer[400];
  auto end = std::to_chars(buffer, std::end(buffer), value, std::chars_format::scientific).ptr;
  const std::string_view scientific(buffer, end);
  int exponent = 0;
  std::string_view digits = scientific.substr(scientific.find('e') + 1);
  if (digits.starts_with('+')) digits.remove_prefix(1);
  std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
  if (exponent < -4 || exponent >= 6) return std::string(scientific);
  end = std::to_chars(buffer, std::end(buffer), value, std::chars_format::fixed).ptr;
  return {buffer, end};
}

std::string format_bucket_bound(double value) {
  std::string text = format_float(value);
  if (std::isfinite(value) && text.find_first_of("e.") == std::string::npos) text += ".0";
  return text;
}

}  // namespace alloy::wire
