// Times as text.
#pragma once

#include <string>

#include "base/clock.h"

namespace alloy {

// "2026-11-24T08:10:00.123Z": RFC 3339 in UTC, with as many decimals as there are, like Go's
// RFC3339Nano. The epoch, which stands for "never", is Go's zero time: 0001-01-01T00:00:00Z.
std::string format_rfc3339(WallTime time);

}  // namespace alloy
