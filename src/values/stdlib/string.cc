// string.*: texts.
#include <algorithm>
#include <locale.h>
#include <string_view>
#include <vector>
#include <wctype.h>

#include "base/text.h"
#include "values/convert.h"
#include "values/stdlib/contains_secret.h"
#include "values/stdlib/format.h"
#include "values/stdlib/library.h"

namespace alloy::stdlib {
namespace {

// Case mapping for all of Unicode comes from the C library.
locale_t unicode_locale() {
  static const locale_t locale = [] {
    locale_t unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    // A C library without it maps ASCII at least.
    return unicode != nullptr ? unicode : newlocale(LC_CTYPE_MASK, "C", nullptr);
  }();
  return locale;
}

char32_t upper(char32_t point) {
  return static_cast<char32_t>(towupper_l(static_cast<wint_t>(point), unicode_locale()));
}

char32_t lower(char32_t point) {
  return static_cast<char32_t>(towlower_l(static_cast<wint_t>(point), unicode_locale()));
}

CallResult map_text(std::string_view text, char32_t (*map)(char32_t)) {
  std::string out;
  while (!text.empty()) append_utf8(out, map(next_code_point(text)));
  return Value::string(std::move(out));
}

CallResult to_upper(std::span<const std::string> arguments) {
  return map_text(arguments[0], &upper);
}

CallResult to_lower(std::span<const std::string> arguments) {
  return map_text(arguments[0], &lower);
}

// White_Space of Unicode.
bool is_space(char32_t point) {
  return (point >= 0x09 && point <= 0x0d) || point == 0x20 || point == 0x85 || point == 0xa0 ||
         point == 0x1680 || (point >= 0x2000 && point <= 0x200a) || point == 0x2028 ||
         point == 0x2029 || point == 0x202f || point == 0x205f || point == 0x3000;
}

// The text without the code points at both ends that are in the set.
template <class IsInSet>
std::string_view trim_if(std::string_view text, IsInSet is_in_set) {
  size_t begin = text.size();
  size_t end = 0;
  std::string_view rest = text;
  while (!rest.empty()) {
    size_t at = text.size() - rest.size();
    if (is_in_set(next_code_point(rest))) continue;
    begin = std::min(begin, at);
    end = text.size() - rest.size();
  }
  return begin < end ? text.substr(begin, end - begin) : std::string_view();
}

CallResult trim_space(std::span<const std::string> arguments) {
  return Value::string(trim_if(arguments[0], &is_space));
}

CallResult trim_set(std::span<const std::string> arguments) {
  std::u32string set;
  for (std::string_view rest = arguments[1]; !rest.empty();) set += next_code_point(rest);
  return Value::string(trim_if(
      arguments[0], [&](char32_t point) { return set.find(point) != std::u32string::npos; }));
}

CallResult trim_prefix(std::span<const std::string> arguments) {
  std::string_view text = arguments[0];
  if (text.starts_with(arguments[1])) text.remove_prefix(arguments[1].size());
  return Value::string(text);
}

CallResult trim_suffix(std::span<const std::string> arguments) {
  std::string_view text = arguments[0];
  if (text.ends_with(arguments[1])) text.remove_suffix(arguments[1].size());
  return Value::string(text);
}

// The single characters of a text, which is what an empty separator means.
std::vector<std::string_view> characters(std::string_view text) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    std::string_view rest = text;
    next_code_point(rest);
    parts.push_back(text.substr(0, text.size() - rest.size()));
    text = rest;
  }
  return parts;
}

std::vector<std::string_view> split_text(std::string_view text, std::string_view separator) {
  if (separator.empty()) return characters(text);
  std::vector<std::string_view> parts;
  size_t start = 0;
  for (size_t at; (at = text.find(separator, start)) != std::string_view::npos;) {
    parts.push_back(text.substr(start, at - start));
    start = at + separator.size();
  }
  parts.push_back(text.substr(start));
  return parts;
}

CallResult split_function(std::span<const std::string> arguments) {
  std::vector<Value> elements;
  for (std::string_view part : split_text(arguments[0], arguments[1])) {
    elements.push_back(Value::string(part));
  }
  return Value::array(std::move(elements));
}

// Replacing an empty text puts the replacement around every character.
CallResult replace(std::span<const std::string> arguments) {
  std::string_view replacement = arguments[2];
  std::vector<std::string_view> parts = split_text(arguments[0], arguments[1]);
  bool is_around = arguments[1].empty();
  std::string out;
  if (is_around) out += replacement;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i > 0 && !is_around) out += replacement;
    out += parts[i];
    if (is_around) out += replacement;
  }
  return Value::string(std::move(out));
}

CallResult join(std::span<const Value> arguments) {
  if (arguments.size() != 2) return std::unexpected(wrong_count(2, arguments.size()));
  auto array = to_array(arguments[0]);
  if (!array) return std::unexpected(CallError::in_argument(0, std::move(array).error()));
  std::vector<std::string> parts;
  for (size_t i = 0; i < (*array)->size(); ++i) {
    auto part = to_text((*array)->at(i));
    if (!part) {
      return std::unexpected(CallError::in_argument(0, std::move(part).error().inside(i)));
    }
    parts.push_back(*std::move(part));
  }
  auto separator = to_text(arguments[1]);
  if (!separator) return std::unexpected(CallError::in_argument(1, std::move(separator).error()));
  std::string out;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out += *separator;
    out += parts[i];
  }
  return Value::string(std::move(out));
}

// A text with a secret in it is a secret: it may go wherever secrets may, and be shown nowhere.
CallResult format_function(std::span<const Value> arguments) {
  if (arguments.empty()) return std::unexpected(too_few(1, 0));
  auto text = to_text(arguments[0]);
  if (!text) return std::unexpected(CallError::in_argument(0, std::move(text).error()));
  std::string formatted = format(*text, arguments.subspan(1));
  bool is_secret = std::ranges::any_of(arguments.subspan(1), &contains_secret);
  return is_secret ? encapsulate(Secret{std::move(formatted)})
                   : Value::string(std::move(formatted));
}

}  // namespace

Value string_namespace() {
  return make_namespace({
      {"format", function(&format_function)},
      {"join", function(&join)},
      {"replace", text_function(3, &replace)},
      {"split", text_function(2, &split_function)},
      {"to_lower", text_function(1, &to_lower)},
      {"to_upper", text_function(1, &to_upper)},
      {"trim", text_function(2, &trim_set)},
      {"trim_prefix", text_function(2, &trim_prefix)},
      {"trim_suffix", text_function(2, &trim_suffix)},
      {"trim_space", text_function(1, &trim_space)},
  });
}

}  // namespace alloy::stdlib
