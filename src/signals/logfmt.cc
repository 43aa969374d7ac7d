// One pass over the bytes; values are copied only where they have escapes.
#include "signals/logfmt.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "base/text.h"

namespace alloy {
namespace {

bool is_blank(char c) { return static_cast<unsigned char>(c) <= ' '; }

bool is_valid_key(std::string_view key) { return is_utf8(key) && !key.contains("\xef\xbf\xbd"); }

// \uXXXX at the front; -1 if there is none.
int32_t escaped_unit(std::string_view text) {
  if (text.size() < 6 || !text.starts_with("\\u")) return -1;
  int32_t unit = 0;
  const auto [end, error] = std::from_chars(text.data() + 2, text.data() + 6, unit, 16);
  return error == std::errc() && end == text.data() + 6 && unit >= 0 ? unit : -1;
}

// Takes an escape off the front.
bool unescape(std::string_view& text, std::string& out) {
  if (text.size() < 2) return false;
  if (text[1] == 'u') {
    int32_t code = escaped_unit(text);
    if (code < 0) return false;
    text.remove_prefix(6);
    if (code >= 0xd800 && code < 0xe000) {
      const int32_t low = code < 0xdc00 ? escaped_unit(text) : -1;
      if (low >= 0xdc00 && low < 0xe000) {
        text.remove_prefix(6);
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
      } else {
        code = 0xfffd;
      }
    }
    append_utf8(out, static_cast<char32_t>(code));
    return true;
  }
  constexpr std::string_view letters = "\"\\/'bfnrt";
  constexpr std::string_view meanings = "\"\\/'\b\f\n\r\t";
  const size_t place = letters.find(text[1]);
  if (place == std::string_view::npos) return false;
  out += meanings[place];
  text.remove_prefix(2);
  return true;
}

bool unquote(std::string_view text, std::string& out) {
  while (!text.empty()) {
    if (text[0] == '\\') {
      if (!unescape(text, out)) return false;
    } else if (static_cast<unsigned char>(text[0]) < ' ') {
      return false;
    } else if (static_cast<unsigned char>(text[0]) < 0x80) {
      out += text[0];
      text.remove_prefix(1);
    } else {
      append_utf8(out, next_code_point(text));
    }
  }
  return true;
}

}  // namespace

bool LogfmtReader::next(Pair& pair) {
  pair = {};
  while (next_ != end_ && is_blank(*next_)) ++next_;
  if (next_ == end_) return false;
  const char* start = next_;
  bool is_ascii = true;
  while (next_ != end_ && *next_ != '=' && *next_ != '"' && !is_blank(*next_)) {
    is_ascii &= static_cast<unsigned char>(*next_) < 0x80;
    ++next_;
  }
  if (next_ != end_ && *next_ == '"') return fail();
  pair.key = {start, static_cast<size_t>(next_ - start)};
  if (pair.key.empty() || (!is_ascii && !is_valid_key(pair.key))) return fail();
  if (next_ == end_ || *next_ != '=') return true;
  ++next_;
  if (next_ == end_ || is_blank(*next_)) return true;
  if (*next_ == '"') return quoted(pair.value);
  start = next_;
  while (next_ != end_ && !is_blank(*next_)) {
    if (*next_ == '=' || *next_ == '"') return fail();
    ++next_;
  }
  pair.value = {start, static_cast<size_t>(next_ - start)};
  return true;
}

bool LogfmtReader::quoted(std::string_view& value) {
  const char* start = ++next_;
  bool has_escapes = false;
  // A quoted value ends on its line.
  while (next_ != end_ && *next_ != '"' && *next_ != '\n') {
    if (*next_ == '\\') {
      has_escapes = true;
      if (++next_ == end_ || *next_ == '\n') return fail();
    }
    ++next_;
  }
  if (next_ == end_ || *next_ == '\n') return fail();
  value = {start, static_cast<size_t>(next_ - start)};
  ++next_;
  if (!has_escapes) return true;
  std::string text;
  if (!unquote(value, text)) return fail();
  value = scratch_.keep(text);
  return true;
}

}  // namespace alloy
