// string.format: the directives of Go's fmt package, with its spelling of every mistake.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "values/value.h"

namespace alloy::stdlib {

// The format with its directives replaced by the arguments. Never fails: what does not fit is
// written into the result, "%!d(string=a)".
std::string format(std::string_view format, std::span<const Value> arguments);

}  // namespace alloy::stdlib
