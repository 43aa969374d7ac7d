// Durations as Prometheus spells them ("1m30s", "1d"), which is how targets set their own interval.
#pragma once

#include <string>
#include <string_view>

#include "base/duration.h"
#include "base/error.h"

namespace alloy {

// Whole numbers with the units y, w, d, h, m, s, ms in this order; "0" needs no unit.
Result<Duration> parse_prometheus_duration(std::string_view text);
std::string format_prometheus_duration(Duration duration);

}  // namespace alloy
