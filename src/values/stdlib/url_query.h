// Escaping for the query of a URL.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace alloy::stdlib {

// Blanks become '+', everything but letters, digits and "-_.~" becomes %XX.
std::string escape_query(std::string_view text);
Result<std::string> unescape_query(std::string_view text);

}  // namespace alloy::stdlib
