#include "values/stdlib/format_flags.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

#include <fmt/format.h>

#include "base/text.h"

namespace alloy::stdlib {
namespace {

size_t count_code_points(std::string_view text) {
  size_t count = 0;
  while (!text.empty()) {
    next_code_point(text);
    ++count;
  }
  return count;
}

// The text up to as many characters as the precision allows.
std::string_view truncate(const FormatFlags& flags, std::string_view text) {
  if (!flags.has_precision) return text;
  std::string_view rest = text;
  for (int i = 0; i < flags.precision && !rest.empty(); ++i) next_code_point(rest);
  return text.substr(0, text.size() - rest.size());
}

FormatFlags without_zero(FormatFlags flags) {
  flags.zero = false;
  return flags;
}

// The text in quotes with everything beyond ASCII escaped.
std::string quote_to_ascii(std::string_view text) {
  std::string out;
  std::string quoted = quote(text);
  std::string_view rest = quoted;
  while (!rest.empty()) {
    char32_t point = next_code_point(rest);
    if (point < 0x80) {
      out += static_cast<char>(point);
    } else if (point < 0x10000) {
      out += fmt::format("\\u{:04x}", static_cast<uint32_t>(point));
    } else {
      out += fmt::format("\\U{:08x}", static_cast<uint32_t>(point));
    }
  }
  return out;
}

bool can_backquote(std::string_view text) {
  if (!is_utf8(text)) return false;
  return std::ranges::none_of(text, [](char c) {
    auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f || c == '`';
  });
}

char32_t valid_code_point(uint64_t value) {
  return value > 0x10ffff ? U'\ufffd' : static_cast<char32_t>(value);
}

std::string print_c(const char* format, int precision, double value) {
  char buffer[512];
  int size = std::snprintf(buffer, sizeof buffer, format, precision, value);
  if (static_cast<size_t>(size) < sizeof buffer) return {buffer, static_cast<size_t>(size)};
  std::string out(static_cast<size_t>(size) + 1, '\0');
  std::snprintf(out.data(), out.size(), format, precision, value);
  out.pop_back();
  return out;
}

// The shortest digits that read back as the value; with an exponent if it is small or large.
std::string shortest(double value) {
  char buffer[400];
  auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  std::string text(buffer, end.ptr);
  size_t e = text.find('e');
  int exponent = std::stoi(text.substr(e + 1));
  if (exponent < -4 || exponent >= 6) return text;
  end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed);
  return {buffer, end.ptr};
}

// 0x1.8p+00
std::string hexadecimal(const FormatFlags& flags, double value, bool upper) {
  std::string text =
      flags.has_precision ? print_c("%.*a", flags.precision, value) : fmt::format("{:a}", value);
  size_t p = text.find('p');
  if (p != std::string::npos && text.size() - p == 3) text.insert(p + 2, "0");
  if (upper) std::ranges::transform(text, text.begin(), [](char c) { return std::toupper(c); });
  return text;
}

// mantissa p exponent
std::string binary(double value) {
  int exponent = 0;
  double fraction = std::frexp(value, &exponent);
  auto mantissa = static_cast<int64_t>(std::ldexp(fraction, 53));
  exponent -= 53;
  return fmt::format("{}p{:+}", mantissa, mantissa == 0 ? -1074 : exponent);
}

std::string number_text(const FormatFlags& flags, double value, char verb) {
  int precision = flags.has_precision ? flags.precision : 6;
  switch (verb) {
    case 'e':
      return print_c(flags.sharp ? "%#.*e" : "%.*e", precision, value);
    case 'E':
      return print_c(flags.sharp ? "%#.*E" : "%.*E", precision, value);
    case 'f':
    case 'F':
      return print_c(flags.sharp ? "%#.*f" : "%.*f", precision, value);
    case 'b':
      return binary(value);
    case 'x':
    case 'X':
      return hexadecimal(flags, value, verb == 'X');
    default:
      break;
  }
  if (flags.has_precision || flags.sharp) {
    if (verb == 'G') return print_c(flags.sharp ? "%#.*G" : "%.*G", precision, value);
    return print_c(flags.sharp ? "%#.*g" : "%.*g", precision, value);
  }
  std::string text = shortest(value);
  if (verb == 'G') std::ranges::replace(text, 'e', 'E');
  return text;
}

// The number with a sign in front: '+' if it has none of its own.
std::string signed_number(const FormatFlags& flags, double value, char verb) {
  if (std::isnan(value)) return "+NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::string text = number_text(flags, value, verb);
  return text.front() == '-' ? text : "+" + text;
}

}  // namespace

void append_padded(std::string& out, const FormatFlags& flags, std::string_view text) {
  size_t width = flags.has_width ? static_cast<size_t>(flags.width) : 0;
  size_t length = width == 0 ? 0 : count_code_points(text);
  size_t missing = width > length ? width - length : 0;
  if (!flags.minus) out.append(missing, flags.zero ? '0' : ' ');
  out += text;
  if (flags.minus) out.append(missing, ' ');
}

void append_text(std::string& out, const FormatFlags& flags, std::string_view text) {
  append_padded(out, flags, truncate(flags, text));
}

void append_quoted_text(std::string& out, const FormatFlags& flags, std::string_view text) {
  text = truncate(flags, text);
  if (flags.sharp && can_backquote(text)) {
    append_padded(out, flags, fmt::format("`{}`", text));
  } else {
    append_padded(out, flags, flags.plus ? quote_to_ascii(text) : quote(text));
  }
}

void append_hex_text(std::string& out, const FormatFlags& flags, std::string_view text, char verb) {
  if (flags.has_precision) text = text.substr(0, static_cast<size_t>(flags.precision));
  std::string_view prefix = verb == 'x' ? "0x" : "0X";
  std::string hex;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i > 0 && flags.space) hex += ' ';
    if (flags.sharp && (flags.space || i == 0)) hex += prefix;
    auto byte = static_cast<unsigned char>(text[i]);
    hex += verb == 'x' ? fmt::format("{:02x}", byte) : fmt::format("{:02X}", byte);
  }
  append_padded(out, flags, hex);
}

void append_integer(std::string& out, const FormatFlags& flags, uint64_t magnitude,
                    bool is_negative, char verb) {
  bool has_sign = is_negative || flags.plus || flags.space;
  int digits = 0;
  if (flags.has_precision) {
    digits = flags.precision;
    if (digits == 0 && magnitude == 0) return append_padded(out, without_zero(flags), "");
  } else if (flags.zero && !flags.minus && flags.has_width) {
    digits = flags.width - (has_sign ? 1 : 0);
  }
  std::string text;
  switch (verb) {
    case 'b':
      text = fmt::format("{:b}", magnitude);
      break;
    case 'o':
    case 'O':
      text = fmt::format("{:o}", magnitude);
      break;
    case 'x':
      text = fmt::format("{:x}", magnitude);
      break;
    case 'X':
      text = fmt::format("{:X}", magnitude);
      break;
    default:
      text = fmt::to_string(magnitude);
  }
  if (static_cast<int>(text.size()) < digits) {
    text.insert(0, static_cast<size_t>(digits) - text.size(), '0');
  }
  if (flags.sharp && verb == 'b') text.insert(0, "0b");
  if (flags.sharp && verb == 'o' && text.front() != '0') text.insert(0, "0");
  if (flags.sharp && verb == 'x') text.insert(0, "0x");
  if (flags.sharp && verb == 'X') text.insert(0, "0X");
  if (verb == 'O') text.insert(0, "0o");
  if (has_sign) text.insert(0, 1, is_negative ? '-' : (flags.plus ? '+' : ' '));
  append_padded(out, without_zero(flags), text);
}

void append_character(std::string& out, const FormatFlags& flags, uint64_t code_point) {
  std::string text;
  append_utf8(text, valid_code_point(code_point));
  append_padded(out, flags, text);
}

void append_quoted_character(std::string& out, const FormatFlags& flags, uint64_t code_point) {
  std::string text;
  append_utf8(text, valid_code_point(code_point));
  // A character in single quotes escapes them instead of the double ones.
  std::string quoted = flags.plus ? quote_to_ascii(text) : quote(text);
  if (text == "'") quoted = "\"\\'\"";
  if (text == "\"") quoted = "\"\"\"";
  quoted.front() = '\'';
  quoted.back() = '\'';
  append_padded(out, flags, quoted);
}

void append_unicode(std::string& out, const FormatFlags& flags, uint64_t code_point) {
  int digits = flags.has_precision && flags.precision > 4 ? flags.precision : 4;
  std::string text = fmt::format("U+{:0{}X}", code_point, digits);
  if (flags.sharp && code_point >= 0x20 && code_point <= 0x10ffff) {
    text += " '";
    append_utf8(text, valid_code_point(code_point));
    text += '\'';
  }
  append_padded(out, without_zero(flags), text);
}

void append_floating(std::string& out, const FormatFlags& flags, double value, char verb) {
  std::string text = signed_number(flags, value, verb);
  if (flags.space && text.front() == '+' && !flags.plus) text.front() = ' ';
  bool shows_sign = flags.plus || text.front() != '+';
  if (!std::isfinite(value)) {
    bool drops_sign = std::isnan(value) && !flags.space && !flags.plus;
    return append_padded(out, without_zero(flags), drops_sign ? text.substr(1) : text);
  }
  if (!shows_sign) return append_padded(out, flags, text.substr(1));
  if (flags.zero && !flags.minus && flags.has_width &&
      flags.width > static_cast<int>(text.size())) {
    text.insert(1, static_cast<size_t>(flags.width) - text.size(), '0');
  }
  append_padded(out, flags, text);
}

}  // namespace alloy::stdlib
