#include "net/url_escape.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace alloy::net {
namespace {

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_one_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }

// The table of Go's net/url: mostly RFC 3986, section 2, with its authors' leniencies.
bool must_escape(char c, UrlPart part) {
  if (is_alphanumeric(c)) return false;
  if (part == UrlPart::host && is_one_of(c, "!$&'()*+,;=:[]<>\"")) return false;
  if (is_one_of(c, "-_.~")) return false;
  if (is_one_of(c, "$&+,/:;=?@")) {
    switch (part) {
      case UrlPart::path:
        return c == '?';
      case UrlPart::path_segment:
        return is_one_of(c, "/;,?");
      case UrlPart::user:
        return is_one_of(c, "@/?:");
      case UrlPart::query:
        return true;
      case UrlPart::fragment:
        return false;
      case UrlPart::host:
        break;
    }
  }
  if (part == UrlPart::fragment && is_one_of(c, "!()*")) return false;
  return true;
}

}  // namespace

std::string escape_url_part(std::string_view text, UrlPart part) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == ' ' && part == UrlPart::query) {
      out += '+';
    } else if (must_escape(c, part)) {
      out += {'%', digits[byte >> 4], digits[byte & 15]};
    } else {
      out += c;
    }
  }
  return out;
}

Result<std::string> unescape_url_part(std::string_view text, UrlPart part) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%') {
      const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
      // Hosts may only escape what is not ASCII, and the "%" of an IPv6 zone.
      const bool forbidden = part == UrlPart::host && high < 8 && text.substr(i, 3) != "%25";
      if (low < 0 || forbidden) {
        return fail(fmt::format("invalid URL escape {}", quote(text.substr(i, 3))),
                    ErrorKind::invalid);
      }
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && part == UrlPart::query) {
      out += ' ';
    } else if (part == UrlPart::host && static_cast<unsigned char>(c) < 0x80 &&
               must_escape(c, part)) {
      return fail(fmt::format("invalid character {} in host name", quote(text.substr(i, 1))),
                  ErrorKind::invalid);
    } else {
      out += c;
    }
  }
  return out;
}

bool is_escaped_path(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return is_one_of(c, "!$&'()*+,;=:@[]%") || !must_escape(c, UrlPart::path);
  });
}

}  // namespace alloy::net
