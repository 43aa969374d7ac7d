#include "syntax/literal.h"

#include <charconv>

#include "base/text.h"
#include "syntax/scanner.h"

namespace alloy::syntax {

namespace {

std::optional<uint32_t> read_digits(std::string_view& text, size_t count, uint32_t base) {
  if (text.size() < count) return std::nullopt;
  uint32_t value = 0;
  const auto* end = text.data() + count;
  const auto [stop, error] = std::from_chars(text.data(), end, value, static_cast<int>(base));
  if (error != std::errc() || stop != end) return std::nullopt;
  text.remove_prefix(count);
  return value;
}

bool append_code_point(std::string& out, std::optional<uint32_t> code_point) {
  if (!code_point || *code_point > 0x10FFFF || (*code_point >= 0xD800 && *code_point < 0xE000)) {
    return false;
  }
  append_utf8(out, *code_point);
  return true;
}

bool append_byte(std::string& out, std::optional<uint32_t> byte) {
  if (!byte || *byte > 0xFF) return false;
  out += static_cast<char>(*byte);
  return true;
}

// Reads one escape, behind its backslash.
bool append_escape(std::string& out, std::string_view& text) {
  constexpr std::string_view letters = "abfnrtv\\\"";
  constexpr std::string_view meanings = "\a\b\f\n\r\t\v\\\"";
  if (text.empty()) return false;
  if (const size_t at = letters.find(text.front()); at != std::string_view::npos) {
    text.remove_prefix(1);
    out += meanings[at];
    return true;
  }
  if (text.front() >= '0' && text.front() <= '7') return append_byte(out, read_digits(text, 3, 8));
  const char kind = text.front();
  text.remove_prefix(1);
  switch (kind) {
    case 'x':
      return append_byte(out, read_digits(text, 2, 16));
    case 'u':
      return append_code_point(out, read_digits(text, 4, 16));
    case 'U':
      return append_code_point(out, read_digits(text, 8, 16));
    default:
      return false;
  }
}

}  // namespace

std::optional<std::string> unescape(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t plain = std::min(text.find('\\'), text.size());
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    text.remove_prefix(1);
    if (!append_escape(out, text)) return std::nullopt;
  }
  return out;
}

std::optional<std::string> unquote(std::string_view literal) {
  if (literal.size() < 2 || literal.front() != literal.back()) return std::nullopt;
  const char quote = literal.front();
  const std::string_view inside = literal.substr(1, literal.size() - 2);
  if (quote == '"') return unescape(inside);
  if (quote != '`') return std::nullopt;
  std::string out(inside);
  std::erase(out, '\r');
  return out;
}

bool is_identifier(std::string_view text) {
  const bool is_keyword = text == "true" || text == "false" || text == "null";
  if (text.empty() || is_keyword || !is_utf8(text)) return false;
  if (!starts_identifier(next_code_point(text))) return false;
  while (!text.empty()) {
    if (!continues_identifier(next_code_point(text))) return false;
  }
  return true;
}

std::string sanitize_identifier(std::string_view text) {
  if (text.empty() || is_identifier(text)) return std::string(text);
  std::string out;
  while (!text.empty()) {
    const char32_t c = next_code_point(text);
    if (out.empty() && continues_identifier(c) && !starts_identifier(c)) out += '_';
    append_utf8(out, continues_identifier(c) ? c : U'_');
  }
  return out;
}

}  // namespace alloy::syntax
