// Durations, as the configuration spells them ("1h30m", "250ms").
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/error.h"

namespace alloy {

// Nanoseconds in 64 bits: the same range and precision as the durations of the configuration.
using Duration = std::chrono::nanoseconds;
using namespace std::chrono_literals;

// Reads a sequence of numbers with units (ns, us, µs, ms, s, m, h), an optional sign in front;
// "0" needs no unit. Errors: `invalid duration "x"` and the like, kind invalid.
Result<Duration> parse_duration(std::string_view text);

// The shortest exact spelling in h, m, s with fractions below: 90s is "1m30s", 1.5ms "1.5ms".
std::string format_duration(Duration duration);

}  // namespace alloy
