#include "base/text.h"

#include <charconv>
#include <cmath>
#include <cstdint>

#include <fmt/format.h>

#include "base/unicode.h"

namespace alloy {
namespace {

constexpr char32_t replacement = 0xFFFD;

// The length of the valid UTF-8 sequence at the front and its code point; length 0 when invalid.
std::pair<size_t, char32_t> decode(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {1, first};
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return {0, replacement};
  char32_t point = first & (0x7Fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {0, replacement};
    point = point << 6 | (byte(i) & 0x3Fu);
  }
  const bool overlong = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
  if (overlong || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return {0, replacement};
  return {length, point};
}

}  // namespace

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const auto [length, point] = decode(text);
    if (length == 0) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(text[0]));
      text.remove_prefix(1);
      continue;
    }
    const std::string_view bytes = text.substr(0, length);
    text.remove_prefix(length);
    switch (point) {
      case '\a':
        out += "\\a";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\v':
        out += "\\v";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '"':
        out += "\\\"";
        break;
      default:
        if (is_printable(point))
          out += bytes;
        else if (point < 0x80)
          fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<uint32_t>(point));
        else if (point < 0x10000)
          fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<uint32_t>(point));
        else
          fmt::format_to(std::back_inserter(out), "\\U{:08x}", static_cast<uint32_t>(point));
    }
  }
  out += '"';
}

std::string quote(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const auto [length, point] = decode(text);
    const std::string_view bytes = text.substr(0, std::max<size_t>(length, 1));
    text.remove_prefix(bytes.size());
    if (length == 0)
      out += "\\ufffd";
    else if (point == '"' || point == '\\')
      (out += '\\') += bytes;
    else if (point == '\n')
      out += "\\n";
    else if (point == '\r')
      out += "\\r";
    else if (point == '\t')
      out += "\\t";
    else if (point < 0x20 || point == 0x2028 || point == 0x2029)
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<uint32_t>(point));
    else
      out += bytes;
  }
  out += '"';
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    // Whole words of ASCII are by far the most common case.
    uint64_t word;
    while (text.size() >= sizeof word) {
      std::memcpy(&word, text.data(), sizeof word);
      if (word & 0x8080808080808080) break;
      text.remove_prefix(sizeof word);
    }
    if (text.empty()) return true;
    const size_t length = decode(text).first;
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

char32_t next_code_point(std::string_view& text) {
  const auto [length, point] = decode(text);
  text.remove_prefix(std::max<size_t>(length, 1));
  return point;
}

void append_utf8(std::string& out, char32_t c) {
  const auto put = [&](uint32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | c >> 6);
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3F));
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

std::string_view trim(std::string_view text, std::string_view blanks) {
  const size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  size_t at = 0;
  for (size_t next; (next = text.find(separator, at)) != std::string_view::npos; at = next + 1)
    parts.push_back(text.substr(at, next - at));
  parts.push_back(text.substr(at));
  return parts;
}

std::string format_double(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  const double magnitude = std::fabs(value);
  const bool exponent = magnitude != 0 && (magnitude < 1e-4 || magnitude >= 1e21);
  char buffer[64];
  const auto format = exponent ? std::chars_format::scientific : std::chars_format::fixed;
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, format).ptr;
  return std::string(buffer, end);
}

}  // namespace alloy
