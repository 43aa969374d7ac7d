#include "components/shared/kubernetes/times.h"

#include "base/time_layout.h"
#include "base/time_text.h"

namespace alloy::kubernetes {

std::optional<int64_t> parse_time(std::string_view text) {
  static const TimeLayout layout("2006-01-02T15:04:05.999999999Z07:00");
  const auto time = layout.parse(text);
  if (!time) return std::nullopt;
  return time->unix_nanoseconds();
}

std::string format_time_in_seconds(int64_t nanoseconds) {
  const WallTime time{std::chrono::nanoseconds(nanoseconds)};
  return format_rfc3339(std::chrono::floor<std::chrono::seconds>(time));
}

}  // namespace alloy::kubernetes
