// Takes layouts apart, and writes times in them.
#include "base/time_layout.h"

#include <array>

#include "base/civil_time.h"
#include "base/text.h"

namespace alloy {
namespace {

using Element = TimeLayout::Element;

constexpr std::array<std::string_view, 12> months = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};
constexpr std::array<std::string_view, 7> weekdays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                      "Thursday", "Friday", "Saturday"};

struct Spelling {
  std::string_view text;
  Element element;
};

// Longer spellings come before their own beginnings.
constexpr Spelling spellings[] = {
    {"January", Element::long_month},
    {"Jan", Element::month},
    {"Monday", Element::long_weekday},
    {"Mon", Element::weekday},
    {"MST", Element::zone_name},
    {"002", Element::year_day_zero},
    {"01", Element::month_zero},
    {"02", Element::day_zero},
    {"03", Element::hour12_zero},
    {"04", Element::minute_zero},
    {"05", Element::second_zero},
    {"06", Element::year},
    {"15", Element::hour},
    {"1", Element::month_number},
    {"2006", Element::long_year},
    {"2", Element::day},
    {"__2", Element::year_day_underscore},
    {"_2", Element::day_underscore},
    {"3", Element::hour12},
    {"4", Element::minute},
    {"5", Element::second},
    {"PM", Element::upper_pm},
    {"pm", Element::lower_pm},
    {"-070000", Element::zone_number_seconds},
    {"-07:00:00", Element::zone_number_colon_seconds},
    {"-0700", Element::zone_number},
    {"-07:00", Element::zone_number_colon},
    {"-07", Element::zone_number_short},
    {"Z070000", Element::zone_z_seconds},
    {"Z07:00:00", Element::zone_z_colon_seconds},
    {"Z0700", Element::zone_z},
    {"Z07:00", Element::zone_z_colon},
    {"Z07", Element::zone_z_short},
};

bool is_lower(std::string_view text, size_t place) {
  return place < text.size() && text[place] >= 'a' && text[place] <= 'z';
}
bool is_digit(std::string_view text, size_t place) {
  return place < text.size() && text[place] >= '0' && text[place] <= '9';
}

struct Found {
  size_t skip = 0;  // Bytes of text that come before the element after all.
  size_t size = 0;
  Element element = Element::none;
  uint8_t digits = 0;
};

// ".000" or ",999" where no further digit follows.
Found fraction_at(std::string_view text) {
  if ((text.front() != '.' && text.front() != ',') || text.size() < 2) return {};
  const char digit = text[1];
  if (digit != '0' && digit != '9') return {};
  size_t end = 1;
  while (end < text.size() && text[end] == digit) ++end;
  if (is_digit(text, end) || end > 250) return {};
  return {.size = end,
          .element = digit == '0' ? Element::fraction_zeros : Element::fraction_nines,
          .digits = static_cast<uint8_t>(end - 1)};
}

// The element that begins here, if one does.
Found element_at(std::string_view text) {
  for (const auto& [spelling, element] : spellings) {
    if (!text.starts_with(spelling)) continue;
    if ((element == Element::month || element == Element::weekday) && is_lower(text, 3)) continue;
    // "_2006" is an underscore and a year.
    if (element == Element::day_underscore && text.starts_with("_2006")) {
      return {.skip = 1, .size = 4, .element = Element::long_year};
    }
    return {.size = spelling.size(), .element = element};
  }
  return fraction_at(text);
}

void append_number(std::string& out, int64_t value, int width, char fill = '0') {
  if (value < 0) {
    out += '-';
    value = -value;
  }
  const std::string digits = std::to_string(value);
  for (int i = static_cast<int>(digits.size()); i < width; ++i) out += fill;
  out += digits;
}

void append_offset(std::string& out, Element element, int32_t offset) {
  const bool is_z = element >= Element::zone_z && element <= Element::zone_z_colon_seconds;
  if (is_z && offset == 0) {
    out += 'Z';
    return;
  }
  const bool has_colon =
      element == Element::zone_z_colon || element == Element::zone_z_colon_seconds ||
      element == Element::zone_number_colon || element == Element::zone_number_colon_seconds;
  const bool has_seconds =
      element == Element::zone_z_seconds || element == Element::zone_z_colon_seconds ||
      element == Element::zone_number_seconds || element == Element::zone_number_colon_seconds;
  const int32_t minutes = offset / 60;
  out += minutes < 0 ? '-' : '+';
  append_number(out, std::abs(minutes) / 60, 2);
  if (element == Element::zone_z_short || element == Element::zone_number_short) return;
  if (has_colon) out += ':';
  append_number(out, std::abs(minutes) % 60, 2);
  if (!has_seconds) return;
  if (has_colon) out += ':';
  append_number(out, std::abs(offset % 60), 2);
}

void append_fraction(std::string& out, char separator, Element element, int digits,
                     int32_t nanoseconds) {
  std::string text = std::to_string(nanoseconds);
  text.insert(0, 9 - text.size(), '0');
  text.resize(std::min<size_t>(static_cast<size_t>(digits), 9), '0');
  if (element == Element::fraction_nines) {
    text.resize(text.find_last_not_of('0') + 1);
    if (text.empty()) return;
  }
  out += separator;
  out += text;
}

}  // namespace

TimeLayout::TimeLayout(std::string_view layout) : text_(layout) {
  size_t start = 0;
  for (size_t place = 0; place < layout.size();) {
    const Found found = element_at(layout.substr(place));
    if (found.element == Element::none) {
      ++place;
      continue;
    }
    parts_.push_back({.prefix_start = static_cast<uint32_t>(start),
                      .prefix_size = static_cast<uint32_t>(place + found.skip - start),
                      .element_size = static_cast<uint32_t>(found.size),
                      .element = found.element,
                      .digits = found.digits});
    place += found.skip + found.size;
    start = place;
  }
  suffix_start_ = start;
  is_rfc3339_ =
      layout == "2006-01-02T15:04:05Z07:00" || layout == "2006-01-02T15:04:05.999999999Z07:00";
}

std::string TimeLayout::format(const ZonedTime& time) const {
  std::string out;
  format(time, out);
  return out;
}

namespace {

// A time taken apart.
struct Moment {
  CivilDate date;
  int second_of_day;
  int year_day;
  int weekday;

  int hour() const { return second_of_day / 3600; }
  int hour12() const { return hour() % 12 == 0 ? 12 : hour() % 12; }
  int minute() const { return second_of_day / 60 % 60; }
  int second() const { return second_of_day % 60; }
};

Moment take_apart(int64_t local_seconds) {
  const int64_t days = floor_divide(local_seconds, 86400);
  const CivilDate date = civil_from_days(days);
  return {.date = date,
          .second_of_day = static_cast<int>(local_seconds - days * 86400),
          .year_day = static_cast<int>(days - days_from_civil(date.year, 1, 1) + 1),
          .weekday = weekday_of(days)};
}

void append_element(std::string& out, Element element, const Moment& moment) {
  const CivilDate& date = moment.date;
  const std::string_view month = months[static_cast<size_t>(date.month - 1)];
  const std::string_view weekday = weekdays[static_cast<size_t>(moment.weekday)];
  switch (element) {
    case Element::long_month:
      out += month;
      return;
    case Element::month:
      out += month.substr(0, 3);
      return;
    case Element::month_number:
      return append_number(out, date.month, 0);
    case Element::month_zero:
      return append_number(out, date.month, 2);
    case Element::long_weekday:
      out += weekday;
      return;
    case Element::weekday:
      out += weekday.substr(0, 3);
      return;
    case Element::day:
      return append_number(out, date.day, 0);
    case Element::day_underscore:
      return append_number(out, date.day, 2, ' ');
    case Element::day_zero:
      return append_number(out, date.day, 2);
    case Element::year_day_underscore:
      return append_number(out, moment.year_day, 3, ' ');
    case Element::year_day_zero:
      return append_number(out, moment.year_day, 3);
    case Element::hour:
      return append_number(out, moment.hour(), 2);
    case Element::hour12:
      return append_number(out, moment.hour12(), 0);
    case Element::hour12_zero:
      return append_number(out, moment.hour12(), 2);
    case Element::minute:
      return append_number(out, moment.minute(), 0);
    case Element::minute_zero:
      return append_number(out, moment.minute(), 2);
    case Element::second:
      return append_number(out, moment.second(), 0);
    case Element::second_zero:
      return append_number(out, moment.second(), 2);
    case Element::long_year:
      return append_number(out, date.year, 4);
    case Element::year:
      return append_number(out, (date.year < 0 ? 0 : date.year) % 100, 2);
    case Element::upper_pm:
      out += moment.hour() >= 12 ? "PM" : "AM";
      return;
    case Element::lower_pm:
      out += moment.hour() >= 12 ? "pm" : "am";
      return;
    default:
      return;
  }
}

}  // namespace

void TimeLayout::format(const ZonedTime& time, std::string& out) const {
  const TimeZone::Period period = time.zone->at(time.seconds);
  const Moment moment = take_apart(time.seconds + period.offset);
  for (const Part& part : parts_) {
    out += prefix_of(part);
    if (part.element == Element::fraction_zeros || part.element == Element::fraction_nines) {
      append_fraction(out, element_of(part).front(), part.element, part.digits, time.nanoseconds);
    } else if (part.element == Element::zone_name) {
      if (period.abbreviation.empty())
        append_offset(out, Element::zone_number, period.offset);
      else
        out += period.abbreviation;
    } else if (part.element >= Element::zone_z &&
               part.element <= Element::zone_number_colon_seconds) {
      append_offset(out, part.element, period.offset);
    } else {
      append_element(out, part.element, moment);
    }
  }
  out += std::string_view(text_).substr(suffix_start_);
}

std::string_view named_time_layout(std::string_view name) {
  constexpr std::pair<std::string_view, std::string_view> names[] = {
      {"Layout", "01/02 03:04:05PM '06 -0700"},
      {"ANSIC", "Mon Jan _2 15:04:05 2006"},
      {"UnixDate", "Mon Jan _2 15:04:05 MST 2006"},
      {"RubyDate", "Mon Jan 02 15:04:05 -0700 2006"},
      {"RFC822", "02 Jan 06 15:04 MST"},
      {"RFC822Z", "02 Jan 06 15:04 -0700"},
      {"RFC850", "Monday, 02-Jan-06 15:04:05 MST"},
      {"RFC1123", "Mon, 02 Jan 2006 15:04:05 MST"},
      {"RFC1123Z", "Mon, 02 Jan 2006 15:04:05 -0700"},
      {"RFC3339", "2006-01-02T15:04:05Z07:00"},
      {"RFC3339Nano", "2006-01-02T15:04:05.999999999Z07:00"},
      {"Kitchen", "3:04PM"},
      {"Stamp", "Jan _2 15:04:05"},
      {"StampMilli", "Jan _2 15:04:05.000"},
      {"StampMicro", "Jan _2 15:04:05.000000"},
      {"StampNano", "Jan _2 15:04:05.000000000"},
      {"DateTime", "2006-01-02 15:04:05"},
      {"DateOnly", "2006-01-02"},
      {"TimeOnly", "15:04:05"},
  };
  for (const auto& [known, layout] : names) {
    if (known == name) return layout;
  }
  return {};
}

}  // namespace alloy
