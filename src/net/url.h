// URLs: reading, resolving, escaping, with the error texts of Go's net/url, which users see.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace alloy::net {

struct Url {
  std::string scheme;  // Lower case.
  std::string opaque;  // What follows the scheme when it is not a "/" ("mailto:x").
  bool has_user = false;
  std::string user;  // Unescaped.
  std::optional<std::string> password;
  std::string host;         // With the port, as given: "example.com:80", "[::1]:80".
  bool omits_host = false;  // "scheme:/path", without the slashes of an authority.
  std::string path;         // Unescaped.
  std::string raw_path;     // As it was spelled, where that differs from the default escaping.
  bool has_query = false;
  std::string query;     // Still escaped.
  std::string fragment;  // Unescaped.

  // The host without port and brackets, and the port ("" when none).
  std::string host_name() const;
  std::string port() const;
  // The path as it goes on the wire: escaped, not empty.
  std::string escaped_path() const;
  // Path and query, as a request line has them.
  std::string target() const;
  std::string to_string() const;
  // The same with another text in place of the password, for messages.
  std::string redacted(std::string_view instead = "xxxxx") const;
};

// Errors: `parse "x": first path segment in URL cannot contain colon` and the like, kind invalid.
Result<Url> parse_url(std::string_view text);
// What `reference` means where `base` is the current page (RFC 3986, section 5).
Result<Url> resolve_url(const Url& base, std::string_view reference);

// Percent-escaping for a query component (space is "+") and for a path segment.
std::string escape_query(std::string_view text);
std::string escape_path_segment(std::string_view text);
// Errors: `invalid URL escape "%zz"`.
Result<std::string> unescape_query(std::string_view text);

// The parameters of a query, in order; what can't be unescaped is left out.
std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query);
// "a=1&b=x+y", sorted by key as Go's Values.Encode does.
std::string encode_query(const std::multimap<std::string, std::string>& parameters);

}  // namespace alloy::net
