// One part of a file name pattern, between two slashes: `*`, `?`, sets in brackets and escapes.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace alloy {

// The error for every pattern that can't be understood.
std::unexpected<Error> bad_pattern();

Result<> check_part(std::string_view pattern);
// Whether the name matches a pattern that has been checked.
bool matches_part(std::string_view pattern, std::string_view name);
// Whether the pattern stands for one name only.
bool is_literal(std::string_view pattern);
std::string without_escapes(std::string_view pattern);

}  // namespace alloy
