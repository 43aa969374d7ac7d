// How settled a feature is, and what the user allows with --stability.level.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace alloy {

// In rising order: a feature may be used when its level is at least what the user asks for.
enum class Stability : unsigned char { experimental, public_preview, generally_available };

// As the command line and the diagnostics spell it.
std::string_view name_of(Stability stability);

// Reads "experimental", "public-preview" or "generally-available".
Result<Stability> parse_stability(std::string_view text);

// Fails when a feature of level `stability` is below `allowed`. The subject starts the sentence:
// `component "x.y"`.
Result<> check_stability(std::string_view subject, Stability stability, Stability allowed);

}  // namespace alloy
