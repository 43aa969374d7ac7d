// Times in the layouts of Go: an example, "Mon Jan 2 15:04:05 MST 2006", says how others look.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/time_zone.h"

namespace alloy {

// A point in time and the zone in which it is to be shown.
struct ZonedTime {
  int64_t seconds = 0;  // Unix
  int32_t nanoseconds = 0;
  TimeZonePointer zone = TimeZone::utc();
};

// What was read from a text. `zone_name` and `offset` are what the text said, if it did.
struct ParsedTime {
  enum class Zone : unsigned char { unsaid, utc, offset, local };

  int64_t seconds = 0;
  int32_t nanoseconds = 0;
  Zone zone = Zone::unsaid;
  int32_t offset = 0;
  std::string_view zone_name;
  int64_t year = 0;  // In the zone of the text.

  int64_t unix_nanoseconds() const {
    return static_cast<int64_t>(static_cast<uint64_t>(seconds) * 1'000'000'000U +
                                static_cast<uint64_t>(nanoseconds));
  }
};

// Why a text is none of the layout; cheap until somebody asks for the words. Borrows from both.
struct TimeTextError {
  std::string_view text_rest;
  std::string_view layout_part;
  std::string_view problem;  // ": day out of range"; empty: the parts don't agree.

  // parsing time "x" as "2006": cannot parse "x" as "2006"
  std::string message(std::string_view layout, std::string_view text) const;
};

class TimeLayout {
 public:
  explicit TimeLayout(std::string_view layout);

  const std::string& text() const { return text_; }
  // Times without zone are of `zone`; abbreviations are looked up in `known`.
  std::expected<ParsedTime, TimeTextError> parse(std::string_view text, const TimeZone& zone,
                                                 const TimeZone& known) const;
  // As Go's time.Parse: without zone it is UTC.
  std::expected<ParsedTime, TimeTextError> parse(std::string_view text) const;
  void format(const ZonedTime& time, std::string& out) const;
  std::string format(const ZonedTime& time) const;

  enum class Element : unsigned char {
    none,
    long_month,
    month,
    month_number,
    month_zero,
    long_weekday,
    weekday,
    day,
    day_underscore,
    day_zero,
    year_day_underscore,
    year_day_zero,
    hour,
    hour12,
    hour12_zero,
    minute,
    minute_zero,
    second,
    second_zero,
    long_year,
    year,
    upper_pm,
    lower_pm,
    zone_name,
    zone_z,                // Z0700
    zone_z_seconds,        // Z070000
    zone_z_short,          // Z07
    zone_z_colon,          // Z07:00
    zone_z_colon_seconds,  // Z07:00:00
    zone_number,           // -0700
    zone_number_seconds,   // -070000
    zone_number_short,     // -07
    zone_number_colon,     // -07:00
    zone_number_colon_seconds,
    fraction_zeros,  // .000
    fraction_nines,  // .999
  };

 private:
  struct Part {
    uint32_t prefix_start, prefix_size;  // In the text: what comes before the element.
    uint32_t element_size;
    Element element;
    uint8_t digits;  // Fractions.
  };
  struct Fields;

  std::string_view prefix_of(const Part& part) const {
    return std::string_view(text_).substr(part.prefix_start, part.prefix_size);
  }
  std::string_view element_of(const Part& part) const {
    return std::string_view(text_).substr(part.prefix_start + part.prefix_size, part.element_size);
  }
  static std::string_view parse_date(const Part& part, std::string_view& text, Fields& fields);
  static std::string_view parse_clock(const Part& part, Element next, std::string_view& text,
                                      Fields& fields);
  static std::string_view parse_zone(const Part& part, std::string_view& text, Fields& fields);
  static std::string_view complete(Fields& fields);
  static ParsedTime moment_of(const Fields& fields, const TimeZone& zone, const TimeZone& known);
  static bool parse_rfc3339(std::string_view text, ParsedTime& time);

  std::string text_;
  std::vector<Part> parts_;
  std::string_view::size_type suffix_start_ = 0;
  bool is_rfc3339_ = false;
};

// The layout that Go's time package calls by this name (ANSIC, RFC3339Nano, Kitchen, ...); empty
// if there is none.
std::string_view named_time_layout(std::string_view name);

}  // namespace alloy
