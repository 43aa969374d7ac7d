// Built on the shortest digits that std::to_chars finds.
#include "signals/number_text.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>

namespace alloy {
namespace {

bool append_special(double value, std::string& out) {
  if (std::isnan(value))
    out += "NaN";
  else if (std::isinf(value))
    out += value > 0 ? "+Inf" : "-Inf";
  else
    return false;
  return true;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

bool equals_word(std::string_view text, std::string_view word) {
  if (text.size() != word.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (lower(text[i]) != word[i]) return false;
  }
  return true;
}

// Underscores may only separate digits, or a prefix from them.
bool remove_underscores(std::string_view text, std::string& out) {
  char before = '0';
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      out += text[i];
    } else if (before == '_' || i == 0 || i + 1 == text.size()) {
      return false;
    }
    before = text[i];
  }
  return true;
}

}  // namespace

void append_fixed(double value, std::string& out) {
  if (append_special(value, out)) return;
  char buffer[40];
  if (std::abs(value) < 9e15 && value == std::trunc(value) &&
      !(value == 0 && std::signbit(value))) {
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, static_cast<int64_t>(value)).ptr;
    out.append(buffer, end);
    return;
  }
  // d.ddde±xx, of which the digits are taken apart.
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  std::string_view text(buffer, static_cast<size_t>(end - buffer));
  if (text.starts_with('-')) {
    out += '-';
    text.remove_prefix(1);
  }
  const size_t mark = text.find('e');
  int exponent = 0;
  const std::string_view power = text.substr(mark + (text[mark + 1] == '+' ? 2 : 1));
  std::from_chars(power.data(), power.data() + power.size(), exponent);
  std::string digits(1, text[0]);
  if (mark > 2) digits += text.substr(2, mark - 2);
  if (exponent < 0) {
    out += "0.";
    out.append(static_cast<size_t>(-exponent - 1), '0');
    out += digits;
    return;
  }
  const auto whole = static_cast<size_t>(exponent) + 1;
  out += std::string_view(digits).substr(0, whole);
  if (digits.size() <= whole) {
    out.append(whole - digits.size(), '0');
  } else {
    out += '.';
    out += std::string_view(digits).substr(whole);
  }
}

void append_json_number(double value, std::string& out) {
  if (std::isnan(value) || std::isinf(value)) {
    out += "null";
    return;
  }
  const double size = std::abs(value);
  if (size == 0 || (size >= 1e-6 && size < 1e21)) {
    if (value == 0 && std::signbit(value))
      out += "-0";
    else
      append_fixed(value, out);
    return;
  }
  char buffer[40];
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  std::string_view text(buffer, static_cast<size_t>(end - buffer));
  // 1e-07 is 1e-7.
  const size_t mark = text.find('e');
  out += text.substr(0, mark + 2);
  text.remove_prefix(mark + 2);
  if (text.size() == 2 && text[0] == '0') text.remove_prefix(1);
  out += text;
}

std::optional<double> parse_double(std::string_view text) {
  const std::string_view whole = text;
  const bool is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || text[0] == '-' || text[0] == '+') return std::nullopt;
  const double sign = is_negative ? -1 : 1;
  if (equals_word(text, "inf") || equals_word(text, "infinity")) {
    return sign * std::numeric_limits<double>::infinity();
  }
  if (equals_word(whole, "nan")) return std::numeric_limits<double>::quiet_NaN();
  auto format = std::chars_format::general;
  if (text.size() > 2 && text[0] == '0' && lower(text[1]) == 'x') {
    if (!text.contains('p') && !text.contains('P')) return std::nullopt;
    format = std::chars_format::hex;
    text.remove_prefix(2);
  }
  if (!((text[0] >= '0' && text[0] <= '9') || text[0] == '.' || format == std::chars_format::hex)) {
    return std::nullopt;
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, format);
  if (end != text.data() + text.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range) {
    // Too small is nearly zero, too large is refused.
    value = std::strtod(std::string(whole).c_str(), nullptr);
    if (std::isinf(value)) return std::nullopt;
    return value;
  }
  if (error != std::errc()) return std::nullopt;
  return sign * value;
}

std::optional<int64_t> parse_integer(std::string_view text, int base) {
  const bool is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+')) text.remove_prefix(1);
  std::string digits;
  if (base == 0) {
    base = 10;
    if (text.size() > 1 && text[0] == '0') {
      const char kind = lower(text[1]);
      base = kind == 'x' ? 16 : kind == 'b' ? 2 : 8;
      text.remove_prefix(base == 8 && kind != 'o' ? 1 : 2);
      if (text.starts_with('_')) text.remove_prefix(1);
    }
    if (text.contains('_')) {
      if (!remove_underscores(text, digits)) return std::nullopt;
      text = digits;
    }
  }
  if (text.empty() || text[0] == '-' || text[0] == '+') return std::nullopt;
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  const uint64_t limit = uint64_t{1} << 63;
  if (value > (is_negative ? limit : limit - 1)) return std::nullopt;
  return static_cast<int64_t>(is_negative ? 0 - value : value);
}

}  // namespace alloy
