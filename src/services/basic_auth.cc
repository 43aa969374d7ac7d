#include "services/basic_auth.h"

#include <algorithm>

namespace alloy {
namespace {

std::optional<std::string> decode_base64(std::string_view text) {
  std::string out;
  unsigned bits = 0;
  unsigned value = 0;
  while (text.ends_with('=')) text.remove_suffix(1);
  for (const char c : text) {
    unsigned digit = 0;
    if (c >= 'A' && c <= 'Z') {
      digit = static_cast<unsigned>(c - 'A');
    } else if (c >= 'a' && c <= 'z') {
      digit = static_cast<unsigned>(c - 'a') + 26;
    } else if (c >= '0' && c <= '9') {
      digit = static_cast<unsigned>(c - '0') + 52;
    } else if (c == '+') {
      digit = 62;
    } else if (c == '/') {
      digit = 63;
    } else {
      return std::nullopt;
    }
    value = (value << 6 | digit) & 0xffffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out += static_cast<char>(value >> bits & 0xff);
    }
  }
  return out;
}

}  // namespace

bool equal_in_constant_time(std::string_view given, std::string_view wanted) {
  size_t difference = given.size() ^ wanted.size();
  for (size_t i = 0; i < given.size(); ++i)
    difference |= static_cast<unsigned char>(given[i] ^
                                             (wanted.empty() ? '\xff' : wanted[i % wanted.size()]));
  return difference == 0;
}

bool HttpAuth::allows(const net::ServerRequest& request) const {
  const bool is_listed = std::ranges::any_of(
      paths, [&](const std::string& prefix) { return request.path.starts_with(prefix); });
  if (is_listed != authenticate_matching_paths) return true;

  std::string_view header = request.headers.get("Authorization");
  constexpr std::string_view scheme = "Basic ";
  if (header.size() < scheme.size() ||
      !net::equals_ignoring_case(header.substr(0, scheme.size()), scheme))
    return false;
  const auto credentials = decode_base64(header.substr(scheme.size()));
  if (!credentials) return false;
  const size_t colon = credentials->find(':');
  if (colon == std::string::npos) return false;
  const std::string_view given = *credentials;
  const bool user_fits = equal_in_constant_time(given.substr(0, colon), username);
  const bool password_fits = equal_in_constant_time(given.substr(colon + 1), password);
  return user_fits && password_fits;
}

}  // namespace alloy
