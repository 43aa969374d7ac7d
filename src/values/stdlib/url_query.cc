#include "values/stdlib/url_query.h"

#include <fmt/format.h>

#include "base/text.h"

namespace alloy::stdlib {
namespace {

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.' || c == '~';
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string escape_query(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (is_plain(c)) {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

Result<std::string> unescape_query(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      std::string_view escape = text.substr(i, 3);
      int high = escape.size() == 3 ? hex_value(escape[1]) : -1;
      int low = escape.size() == 3 ? hex_value(escape[2]) : -1;
      if (high < 0 || low < 0) {
        return fail(fmt::format("invalid URL escape {}", quote(escape)), ErrorKind::invalid);
      }
      out += static_cast<char>(high << 4 | low);
      i += 2;
    }
  }
  return out;
}

}  // namespace alloy::stdlib
