// Time zones by their IANA names, read from the system's database (tzdata).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace alloy {

class TimeZone;
using TimeZonePointer = std::shared_ptr<const TimeZone>;

class TimeZone {
 public:
  // What holds from `start` to `end` (Unix seconds, the end excluded).
  struct Period {
    std::string_view abbreviation;  // "CEST"
    int32_t offset = 0;             // Seconds east of UTC.
    int64_t start = INT64_MIN;
    int64_t end = INT64_MAX;
  };

  // "" and "UTC" are UTC, "Local" is the machine's; otherwise a name such as "Europe/Berlin".
  // Otherwise: "unknown time zone <name>". What has been loaded stays.
  static Result<TimeZonePointer> load(std::string_view name);
  static const TimeZonePointer& utc();
  static const TimeZonePointer& local();
  // One offset all the year round.
  static TimeZonePointer fixed(std::string name, int32_t offset);
  // A file of the database as text.
  static Result<TimeZonePointer> parse(std::string name, std::string_view data);

  const std::string& name() const { return name_; }
  Period at(int64_t unix_seconds) const;
  // The offset that an abbreviation means, preferably around the given time.
  std::optional<int32_t> offset_of(std::string_view abbreviation, int64_t unix_seconds) const;
  // Unix seconds of a local time that is given as if it were UTC. A time that the clocks skip or
  // repeat is taken with one of its two offsets, as Go does.
  int64_t to_unix(int64_t local_seconds) const;

 private:
  struct Kind {
    std::string abbreviation;
    int32_t offset = 0;
    bool is_summer = false;
  };
  struct Change {
    int64_t at = 0;
    uint8_t kind = 0;
  };
  // The day of a year on which the rule of the end of a file changes the clocks.
  struct YearlyChange {
    char form = 'M';  // 'M': month, week, weekday; 'J': 1-365 without leap day; 'D': 0-365.
    int month = 0;
    int week = 0;
    int day = 0;
    int64_t seconds = 7200;
  };

  bool parse_rule(std::string_view text);
  static bool parse_yearly(std::string_view& text, YearlyChange& into);
  static int64_t seconds_into_year(const YearlyChange& change, int64_t year, int32_t offset);
  Period by_rule(int64_t unix_seconds, int64_t last_change) const;
  Period before_changes() const;

  std::string name_;
  std::vector<Kind> kinds_;
  std::vector<Change> changes_;
  // The rule for times after the last change.
  bool has_rule_ = false;
  Kind standard_;
  std::optional<Kind> summer_;
  YearlyChange to_summer_;
  YearlyChange to_standard_;
};

}  // namespace alloy
