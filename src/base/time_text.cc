#include "base/time_text.h"

#include <ctime>

#include <fmt/format.h>

namespace alloy {

std::string format_rfc3339(WallTime time) {
  if (time == WallTime{}) return "0001-01-01T00:00:00Z";
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const time_t unix_seconds = seconds.time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&unix_seconds, &parts);
  std::string text =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", parts.tm_year + 1900, parts.tm_mon + 1,
                  parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
  if (const auto nanoseconds = (time - seconds).count(); nanoseconds != 0) {
    text += fmt::format(".{:09}", nanoseconds);
    text.resize(text.find_last_not_of('0') + 1);
  }
  return text + "Z";
}

}  // namespace alloy
