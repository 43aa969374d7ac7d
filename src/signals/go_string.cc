// Escapes of Go: \a \b \f \n \r \t \v \\ \' \" \ooo \xhh \uhhhh \Uhhhhhhhh.
#include "signals/go_string.h"

#include <charconv>

#include "base/text.h"

namespace alloy {
namespace {

// The number that `size` digits spell; -1 if they don't.
int64_t digits(std::string_view text, size_t size, int base) {
  if (text.size() < size) return -1;
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + size, value, base);
  return error == std::errc() && end == text.data() + size ? int64_t{value} : -1;
}

// Takes an escape off the front, behind its backslash.
bool unescape(std::string_view& text, char quote, std::string& out) {
  if (text.empty()) return false;
  constexpr std::string_view letters = "abfnrtv\\";
  constexpr std::string_view meanings = "\a\b\f\n\r\t\v\\";
  const char c = text[0];
  if (const size_t place = letters.find(c); place != std::string_view::npos) {
    out += meanings[place];
    text.remove_prefix(1);
    return true;
  }
  if (c == '"' || c == '\'') {
    if (c != quote) return false;
    out += c;
    text.remove_prefix(1);
    return true;
  }
  if (c == 'u' || c == 'U') {
    const size_t size = c == 'u' ? 4 : 8;
    const int64_t code = digits(text.substr(1), size, 16);
    if (code < 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return false;
    append_utf8(out, static_cast<char32_t>(code));
    text.remove_prefix(size + 1);
    return true;
  }
  const bool is_hex = c == 'x';
  const size_t start = is_hex ? 1 : 0;
  const size_t size = is_hex ? 2 : 3;
  const int64_t byte = digits(text.substr(start), size, is_hex ? 16 : 8);
  if (byte < 0 || byte > 255) return false;
  out += static_cast<char>(byte);
  text.remove_prefix(start + size);
  return true;
}

}  // namespace

std::optional<std::string> unquote_go(std::string_view literal) {
  if (literal.size() < 2 || literal.front() != literal.back()) return std::nullopt;
  const char quote = literal.front();
  std::string_view text = literal.substr(1, literal.size() - 2);
  std::string out;
  if (quote == '`') {
    if (text.contains('`')) return std::nullopt;
    for (const char c : text) {
      if (c != '\r') out += c;
    }
    return out;
  }
  if (quote != '"' && quote != '\'') return std::nullopt;
  while (!text.empty()) {
    if (text[0] == quote || text[0] == '\n') return std::nullopt;
    if (text[0] != '\\') {
      out += text[0];
      text.remove_prefix(1);
      continue;
    }
    text.remove_prefix(1);
    if (!unescape(text, quote, out)) return std::nullopt;
  }
  if (quote == '\'') {
    std::string_view rest = out;
    if (rest.empty()) return std::nullopt;
    next_code_point(rest);
    if (!rest.empty()) return std::nullopt;
  }
  return out;
}

}  // namespace alloy
