// The values of literals and the rules for names, for those who read or write configuration text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace alloy::syntax {

// The value of a string literal ("..." with escapes resolved, or `...` without carriage returns);
// nothing if it is malformed, which the parser has excluded for its own literals.
std::optional<std::string> unquote(std::string_view literal);

// The value of the inside of a quoted object key.
std::optional<std::string> unescape(std::string_view text);

// Whether the text could stand as a name in a configuration.
bool is_identifier(std::string_view text);

// The text with everything that can't be part of a name replaced by "_"; empty stays empty.
std::string sanitize_identifier(std::string_view text);

}  // namespace alloy::syntax
