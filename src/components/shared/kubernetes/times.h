// Times as the API server spells them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace alloy::kubernetes {

// RFC 3339 with any fraction; nanoseconds since the epoch. Nullopt: it is no time.
std::optional<int64_t> parse_time(std::string_view text);

// In UTC, with whole seconds: what queries take.
std::string format_time_in_seconds(int64_t nanoseconds);

}  // namespace alloy::kubernetes
