// The C library's tables of the C.UTF-8 locale know the case of all scripts.
#include "signals/go_strings.h"

#include <clocale>
#include <cwctype>
#include <limits>

#include "base/text.h"

namespace alloy {
namespace {

locale_t utf8_locale() {
  static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  return locale;
}

std::string convert(std::string_view text, char32_t (*change)(char32_t)) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) append_utf8(out, change(next_code_point(text)));
  return out;
}

// The last code point of a text that is not empty, and its size.
char32_t last_code_point(std::string_view text, size_t& size) {
  size = 1;
  while (size < 4 && size < text.size() && (text[text.size() - size] & 0xc0) == 0x80) ++size;
  std::string_view rest = text.substr(text.size() - size);
  const char32_t code = next_code_point(rest);
  if (!rest.empty()) {  // Not one code point: the last byte stands alone.
    size = 1;
    return 0xfffd;
  }
  return code;
}

}  // namespace

char32_t to_upper(char32_t c) {
  if (c < 0x80) return c >= 'a' && c <= 'z' ? c - 32 : c;
  if (utf8_locale() == nullptr) return c;
  return static_cast<char32_t>(towupper_l(static_cast<wint_t>(c), utf8_locale()));
}

char32_t to_lower(char32_t c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
  if (utf8_locale() == nullptr) return c;
  return static_cast<char32_t>(towlower_l(static_cast<wint_t>(c), utf8_locale()));
}

std::string to_upper(std::string_view text) { return convert(text, to_upper); }
std::string to_lower(std::string_view text) { return convert(text, to_lower); }

bool is_space(char32_t c) {
  switch (c) {
    case '\t':
    case '\n':
    case '\v':
    case '\f':
    case '\r':
    case ' ':
    case 0x85:
    case 0xa0:
    case 0x1680:
    case 0x2028:
    case 0x2029:
    case 0x202f:
    case 0x205f:
    case 0x3000:
      return true;
    default:
      return c >= 0x2000 && c <= 0x200a;
  }
}

std::string_view trim_code_points(std::string_view text, std::string_view removed, bool at_left,
                                  bool at_right) {
  const auto is_removed = [&](char32_t c) {
    if (removed.empty()) return is_space(c);
    for (std::string_view rest = removed; !rest.empty();) {
      if (next_code_point(rest) == c) return true;
    }
    return false;
  };
  while (at_left && !text.empty()) {
    std::string_view rest = text;
    if (!is_removed(next_code_point(rest))) break;
    text = rest;
  }
  while (at_right && !text.empty()) {
    size_t size = 0;
    if (!is_removed(last_code_point(text, size))) break;
    text.remove_suffix(size);
  }
  return text;
}

std::string replace_text(std::string_view text, std::string_view old, std::string_view with,
                         int64_t count) {
  std::string out;
  if (count < 0) count = std::numeric_limits<int64_t>::max();
  if (old.empty()) {
    while (count-- > 0) {
      out += with;
      if (text.empty()) return out;
      const std::string_view before = text;
      next_code_point(text);
      out += before.substr(0, before.size() - text.size());
    }
    out += text;
    return out;
  }
  while (count-- > 0) {
    const size_t place = text.find(old);
    if (place == std::string_view::npos) break;
    out += text.substr(0, place);
    out += with;
    text.remove_prefix(place + old.size());
  }
  out += text;
  return out;
}

std::vector<std::string_view> split_text(std::string_view text, std::string_view separator,
                                         int64_t count) {
  std::vector<std::string_view> parts;
  if (count == 0) return parts;
  const auto is_room = [&] { return count < 0 || static_cast<int64_t>(parts.size()) + 1 < count; };
  if (separator.empty()) {
    while (!text.empty() && is_room()) {
      const std::string_view before = text;
      next_code_point(text);
      parts.push_back(before.substr(0, before.size() - text.size()));
    }
    if (!text.empty()) parts.push_back(text);
    return parts;
  }
  while (is_room()) {
    const size_t place = text.find(separator);
    if (place == std::string_view::npos) break;
    parts.push_back(text.substr(0, place));
    text.remove_prefix(place + separator.size());
  }
  parts.push_back(text);
  return parts;
}

}  // namespace alloy
