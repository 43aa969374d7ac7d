// A URL as a member of arguments: read once, when the configuration is.
#pragma once

#include <string>

#include "net/url.h"
#include "schema/describe.h"

namespace alloy {

struct UrlArgument {
  std::string text;  // As given.

  bool empty() const { return text.empty(); }
  bool operator==(const UrlArgument&) const = default;
};

template <>
struct MemberTraits<UrlArgument> {
  static constexpr std::string_view name = "string";
  // Errors: `parse "x": …` as in net/url.h.
  static Result<UrlArgument> parse(std::string_view text) {
    TRY(net::parse_url(text));
    return UrlArgument{std::string(text)};
  }
  // With the password hidden.
  static std::string format(const UrlArgument& value) {
    const auto url = net::parse_url(value.text);
    return url && url->password ? url->redacted() : value.text;
  }
};

}  // namespace alloy
