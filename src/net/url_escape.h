// Percent-escaping by Go's rules, which differ by the part of the URL.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace alloy::net {

enum class UrlPart : unsigned char { path, path_segment, host, user, query, fragment };

std::string escape_url_part(std::string_view text, UrlPart part);
// Errors: `invalid URL escape "%zz"`, `invalid character " " in host name`; kind invalid.
Result<std::string> unescape_url_part(std::string_view text, UrlPart part);
// Whether a path is spelled in a way that may go on the wire as it is.
bool is_escaped_path(std::string_view text);

}  // namespace alloy::net
