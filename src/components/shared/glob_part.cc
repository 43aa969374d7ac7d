#include "components/shared/glob_part.h"

#include <optional>

#include "base/text.h"

namespace alloy {
namespace {

// Reads one character of a set, which may be escaped.
std::optional<char32_t> set_character(std::string_view& pattern) {
  if (pattern.empty() || pattern.front() == '-' || pattern.front() == ']') return std::nullopt;
  if (pattern.front() == '\\') pattern.remove_prefix(1);
  if (pattern.empty()) return std::nullopt;
  return next_code_point(pattern);
}

// Reads a set behind its opening bracket; whether it has the character, or nothing for a bad set.
std::optional<bool> read_set(std::string_view& pattern, char32_t character) {
  const bool is_negated = pattern.starts_with('^') || pattern.starts_with('!');
  if (is_negated) pattern.remove_prefix(1);
  bool is_in = false;
  for (bool is_empty = true;; is_empty = false) {
    if (!is_empty && pattern.starts_with(']')) break;
    const auto low = set_character(pattern);
    auto high = low;
    if (low && pattern.starts_with('-')) {
      pattern.remove_prefix(1);
      high = set_character(pattern);
    }
    if (!low || !high || pattern.empty()) return std::nullopt;
    is_in = is_in || (*low <= character && character <= *high);
  }
  pattern.remove_prefix(1);
  return is_in != is_negated;
}

// Whether the pattern's first element, no star, matches the front of the name; advances both.
bool take_one(std::string_view& pattern, std::string_view& name) {
  if (pattern.empty() || name.empty()) return false;
  const char32_t character = next_code_point(name);
  if (pattern.front() == '?') {
    pattern.remove_prefix(1);
    return true;
  }
  if (pattern.front() == '[') {
    pattern.remove_prefix(1);
    return read_set(pattern, character).value_or(false);
  }
  if (pattern.front() == '\\') pattern.remove_prefix(1);
  return !pattern.empty() && next_code_point(pattern) == character;
}

}  // namespace

std::unexpected<Error> bad_pattern() { return fail("syntax error in pattern", ErrorKind::invalid); }

Result<> check_part(std::string_view pattern) {
  while (!pattern.empty()) {
    const char c = pattern.front();
    pattern.remove_prefix(1);
    if (c == '[') {
      if (!read_set(pattern, 0)) return bad_pattern();
    } else if (c == '\\') {
      if (pattern.empty()) return bad_pattern();
      pattern.remove_prefix(1);
    }
  }
  return {};
}

bool matches_part(std::string_view pattern, std::string_view name) {
  // Where to go on when the last star has to take one character more.
  std::optional<std::string_view> star;
  std::string_view rest;
  while (true) {
    if (pattern.starts_with('*')) {
      pattern.remove_prefix(1);
      star = pattern;
      rest = name;
    } else if (pattern.empty() && name.empty()) {
      return true;
    } else if (!take_one(pattern, name)) {
      if (!star || rest.empty()) return false;
      next_code_point(rest);
      pattern = *star;
      name = rest;
    }
  }
}

bool is_literal(std::string_view pattern) {
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\')
      ++i;
    else if (pattern[i] == '*' || pattern[i] == '?' || pattern[i] == '[')
      return false;
  }
  return true;
}

std::string without_escapes(std::string_view pattern) {
  std::string text;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
    text += pattern[i];
  }
  return text;
}

}  // namespace alloy
