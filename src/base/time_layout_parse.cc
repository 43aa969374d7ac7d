// Reads times in a layout, as leniently as Go does.
#include <algorithm>
#include <array>
#include <charconv>

#include "base/civil_time.h"
#include "base/text.h"
#include "base/time_layout.h"

namespace alloy {
namespace {

constexpr std::array<std::string_view, 12> months = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};
constexpr std::array<std::string_view, 7> weekdays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                      "Thursday", "Friday", "Saturday"};

// What the readers of elements answer: nothing is wrong; the text is another; out of range.
constexpr std::string_view fine;
constexpr std::string_view other = "";
bool is_fine(std::string_view problem) { return problem.data() == nullptr; }

bool is_digit(std::string_view text, size_t place) {
  return place < text.size() && text[place] >= '0' && text[place] <= '9';
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

// The place of the name at the front, of which `size` letters count; -1: none.
template <size_t count>
int take_name(const std::array<std::string_view, count>& names, bool is_short,
              std::string_view& text) {
  for (size_t i = 0; i < count; ++i) {
    const std::string_view name = is_short ? names[i].substr(0, 3) : names[i];
    if (text.size() >= name.size() &&
        std::ranges::equal(name, text.substr(0, name.size()), {}, lower, lower)) {
      text.remove_prefix(name.size());
      return static_cast<int>(i);
    }
  }
  return -1;
}

// One or two digits; -1: there are none, or not two where both are needed.
int take_number(std::string_view& text, bool needs_two) {
  if (!is_digit(text, 0)) return -1;
  int value = text[0] - '0';
  size_t size = 1;
  if (is_digit(text, 1)) {
    value = value * 10 + (text[1] - '0');
    size = 2;
  } else if (needs_two) {
    return -1;
  }
  text.remove_prefix(size);
  return value;
}

int digits_of(std::string_view text, size_t count) {
  int value = 0;
  for (size_t i = 0; i < count; ++i) {
    if (!is_digit(text, i)) return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

// The digits after a separator as nanoseconds; those after the ninth don't count. -1: no digits.
int32_t fraction_of(std::string_view text) {
  if (text.empty() || (text[0] != '.' && text[0] != ',')) return -1;
  int32_t value = 0;
  for (size_t i = 1; i <= 9; ++i) {
    value *= 10;
    if (i >= text.size()) continue;
    if (!is_digit(text, i)) return -1;
    value += text[i] - '0';
  }
  return value;
}

// "+3" or "-11" as of "GMT+3": its length, 0 if it is none.
size_t signed_hours(std::string_view text) {
  if (text.empty() || (text[0] != '+' && text[0] != '-')) return 0;
  size_t end = 1;
  int hours = 0;
  while (is_digit(text, end) && hours < 1000) hours = hours * 10 + (text[end++] - '0');
  return end > 1 && hours <= 23 ? end : 0;
}

// How long the abbreviation of a time zone at the front is; 0: there is none.
size_t abbreviation_size(std::string_view text) {
  if (text.size() < 3) return 0;
  if (text.starts_with("ChST") || text.starts_with("MeST")) return 4;
  if (text.starts_with("GMT")) return 3 + signed_hours(text.substr(3));
  if (text[0] == '+' || text[0] == '-') return signed_hours(text);
  size_t upper = 0;
  while (upper < 6 && upper < text.size() && text[upper] >= 'A' && text[upper] <= 'Z') ++upper;
  if (upper == 5 && text[4] == 'T') return 5;
  if (upper == 4 && (text[3] == 'T' || text.starts_with("WITA"))) return 4;
  return upper == 3 ? 3 : 0;
}

// Leading blanks in the layout match any number of them in the text, but not something else.
bool skip_prefix(std::string_view prefix, std::string_view& text) {
  while (!prefix.empty()) {
    if (prefix[0] == ' ') {
      if (!text.empty() && text[0] != ' ') return false;
      prefix.remove_prefix(std::min(prefix.find_first_not_of(' '), prefix.size()));
      text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
      continue;
    }
    if (text.empty() || text[0] != prefix[0]) return false;
    prefix.remove_prefix(1);
    text.remove_prefix(1);
  }
  return true;
}

}  // namespace

struct TimeLayout::Fields {
  int64_t year = 0;
  int month = -1;
  int day = -1;
  int year_day = -1;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int32_t nanoseconds = 0;
  bool is_pm = false;
  bool is_am = false;
  bool is_utc = false;
  int32_t offset = -1;  // -1: not said.
  std::string_view zone_name;
};

std::string_view TimeLayout::parse_date(const Part& part, std::string_view& text, Fields& fields) {
  switch (part.element) {
    case Element::year: {
      const int year = digits_of(text, 2);
      if (year < 0) return other;
      fields.year = year >= 69 ? year + 1900 : year + 2000;
      text.remove_prefix(2);
      return fine;
    }
    case Element::long_year: {
      const int year = digits_of(text, 4);
      if (year < 0) return other;
      fields.year = year;
      text.remove_prefix(4);
      return fine;
    }
    case Element::month:
    case Element::long_month: {
      const int month = take_name(months, part.element == Element::month, text);
      if (month < 0) return other;
      fields.month = month + 1;
      return fine;
    }
    case Element::month_number:
    case Element::month_zero:
      fields.month = take_number(text, part.element == Element::month_zero);
      if (fields.month < 0) return other;
      return fields.month < 1 || fields.month > 12 ? ": month out of range" : fine;
    case Element::weekday:
    case Element::long_weekday:
      return take_name(weekdays, part.element == Element::weekday, text) < 0 ? other : fine;
    case Element::day:
    case Element::day_underscore:
    case Element::day_zero:
      if (part.element == Element::day_underscore && text.starts_with(' ')) text.remove_prefix(1);
      fields.day = take_number(text, part.element == Element::day_zero);
      return fields.day < 0 ? other : fine;
    default: {  // The day of the year.
      size_t size = 0;
      const bool is_zero = part.element == Element::year_day_zero;
      for (int i = 0; i < 2 && !is_zero && text.starts_with(' '); ++i) text.remove_prefix(1);
      while (size < 3 && is_digit(text, size)) ++size;
      if (size == 0 || (is_zero && size < 3)) return other;
      fields.year_day = digits_of(text, size);
      text.remove_prefix(size);
      return fine;
    }
  }
}

std::string_view TimeLayout::parse_clock(const Part& part, Element next, std::string_view& text,
                                         Fields& fields) {
  switch (part.element) {
    case Element::hour:
      fields.hour = take_number(text, false);
      if (fields.hour < 0) return other;
      return fields.hour >= 24 ? ": hour out of range" : fine;
    case Element::hour12:
    case Element::hour12_zero:
      fields.hour = take_number(text, part.element == Element::hour12_zero);
      if (fields.hour < 0) return other;
      return fields.hour > 12 ? ": hour out of range" : fine;
    case Element::minute:
    case Element::minute_zero:
      fields.minute = take_number(text, part.element == Element::minute_zero);
      if (fields.minute < 0) return other;
      return fields.minute >= 60 ? ": minute out of range" : fine;
    case Element::second:
    case Element::second_zero: {
      fields.second = take_number(text, part.element == Element::second_zero);
      if (fields.second < 0) return other;
      if (fields.second >= 60) return ": second out of range";
      // A fraction is taken even where the layout has none.
      if (text.size() < 2 || (text[0] != '.' && text[0] != ',') || !is_digit(text, 1)) return fine;
      if (next == Element::fraction_zeros || next == Element::fraction_nines) return fine;
      size_t end = 2;
      while (is_digit(text, end)) ++end;
      fields.nanoseconds = fraction_of(text.substr(0, end));
      text.remove_prefix(end);
      return fine;
    }
    case Element::upper_pm:
    case Element::lower_pm: {
      const std::string_view half = text.substr(0, 2);
      const bool is_upper = part.element == Element::upper_pm;
      if (half == (is_upper ? "PM" : "pm"))
        fields.is_pm = true;
      else if (half == (is_upper ? "AM" : "am"))
        fields.is_am = true;
      else
        return other;
      text.remove_prefix(2);
      return fine;
    }
    case Element::fraction_zeros: {
      const size_t size = size_t{part.digits} + 1;
      if (text.size() < size) return other;
      const int32_t value = fraction_of(text.substr(0, size));
      if (value < 0) return other;
      fields.nanoseconds = value;
      text.remove_prefix(size);
      return fine;
    }
    default: {  // fraction_nines: may be missing.
      if (text.size() < 2 || (text[0] != '.' && text[0] != ',') || !is_digit(text, 1)) return fine;
      size_t end = 2;
      while (end < 10 && is_digit(text, end)) ++end;
      fields.nanoseconds = fraction_of(text.substr(0, end));
      text.remove_prefix(end);
      return fine;
    }
  }
}

std::string_view TimeLayout::parse_zone(const Part& part, std::string_view& text, Fields& fields) {
  const Element element = part.element;
  if (element == Element::zone_name) {
    if (text.starts_with("UTC")) {
      fields.is_utc = true;
      text.remove_prefix(3);
      return fine;
    }
    const size_t size = abbreviation_size(text);
    if (size == 0) return other;
    fields.zone_name = text.substr(0, size);
    text.remove_prefix(size);
    return fine;
  }
  const bool is_z = element >= Element::zone_z && element <= Element::zone_z_colon_seconds;
  if (is_z && text.starts_with('Z')) {
    fields.is_utc = true;
    text.remove_prefix(1);
    return fine;
  }
  const bool has_colon =
      element == Element::zone_z_colon || element == Element::zone_z_colon_seconds ||
      element == Element::zone_number_colon || element == Element::zone_number_colon_seconds;
  const bool has_seconds =
      element == Element::zone_z_seconds || element == Element::zone_z_colon_seconds ||
      element == Element::zone_number_seconds || element == Element::zone_number_colon_seconds;
  const bool is_short = element == Element::zone_z_short || element == Element::zone_number_short;
  const int numbers = is_short ? 1 : has_seconds ? 3 : 2;
  const size_t size = 1 + static_cast<size_t>(numbers * 2 + (has_colon ? numbers - 1 : 0));
  if (text.size() < size || (text[0] != '+' && text[0] != '-')) return other;
  int32_t values[3] = {};
  for (int i = 0; i < numbers; ++i) {
    const auto place = static_cast<size_t>(1 + i * (has_colon ? 3 : 2));
    if (i > 0 && has_colon && text[place - 1] != ':') return other;
    values[i] = digits_of(text.substr(place), 2);
    if (values[i] < 0) return other;
  }
  if (values[0] > 24) return ": time zone offset hour out of range";
  if (values[1] > 60) return ": time zone offset minute out of range";
  if (values[2] > 60) return ": time zone offset second out of range";
  fields.offset = (values[0] * 60 + values[1]) * 60 + values[2];
  if (text[0] == '-') fields.offset = -fields.offset;
  text.remove_prefix(size);
  return fine;
}

// The strict form, which nearly every text has, at once.
bool TimeLayout::parse_rfc3339(std::string_view text, ParsedTime& time) {
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' ||
      text[16] != ':') {
    return false;
  }
  const int year = digits_of(text, 4);
  const int month = digits_of(text.substr(5), 2);
  const int day = digits_of(text.substr(8), 2);
  const int hour = digits_of(text.substr(11), 2);
  const int minute = digits_of(text.substr(14), 2);
  const int second = digits_of(text.substr(17), 2);
  if (year < 0 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) ||
      hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) {
    return false;
  }
  text.remove_prefix(19);
  if (text[0] == '.') {
    size_t end = 1;
    while (is_digit(text, end)) ++end;
    if (end == 1) return false;
    time.nanoseconds = fraction_of(text.substr(0, std::min<size_t>(end, 10)));
    text.remove_prefix(end);
  }
  time.year = year;
  time.seconds = days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
  if (text == "Z") {
    time.zone = ParsedTime::Zone::utc;
    return true;
  }
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return false;
  const int hours = digits_of(text.substr(1), 2);
  const int minutes = digits_of(text.substr(4), 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return false;
  time.offset = (hours * 60 + minutes) * 60 * (text[0] == '-' ? -1 : 1);
  time.seconds -= time.offset;
  time.zone = ParsedTime::Zone::offset;
  return true;
}

// Completes the date, or says what is wrong with it.
std::string_view TimeLayout::complete(Fields& fields) {
  if (fields.is_pm && fields.hour < 12) fields.hour += 12;
  if (fields.is_am && fields.hour == 12) fields.hour = 0;
  if (fields.year_day >= 0) {
    const int64_t first = days_from_civil(fields.year, 1, 1);
    const int days = is_leap_year(fields.year) ? 366 : 365;
    if (fields.year_day < 1 || fields.year_day > days) {
      return ": day-of-year out of range";
    }
    const CivilDate date = civil_from_days(first + fields.year_day - 1);
    if (fields.month >= 0 && fields.month != date.month) {
      return ": day-of-year does not match month";
    }
    if (fields.day >= 0 && fields.day != date.day) {
      return ": day-of-year does not match day";
    }
    fields.month = date.month;
    fields.day = date.day;
  }
  if (fields.month < 0) fields.month = 1;
  if (fields.day < 0) fields.day = 1;
  if (fields.day < 1 || fields.day > days_in_month(fields.year, fields.month)) {
    return ": day out of range";
  }
  return fine;
}

// The point in time, once all fields are known to be right.
ParsedTime TimeLayout::moment_of(const Fields& fields, const TimeZone& zone,
                                 const TimeZone& known) {
  ParsedTime time{.nanoseconds = fields.nanoseconds, .year = fields.year};
  const int64_t local = days_from_civil(fields.year, fields.month, fields.day) * 86400 +
                        fields.hour * 3600 + fields.minute * 60 + fields.second;
  time.zone_name = fields.zone_name;
  if (fields.is_utc) {
    time.seconds = local;
    time.zone = ParsedTime::Zone::utc;
  } else if (fields.offset != -1) {
    time.seconds = local - fields.offset;
    time.offset = fields.offset;
    const TimeZone::Period period = known.at(time.seconds);
    const bool is_known = period.offset == time.offset &&
                          (fields.zone_name.empty() || fields.zone_name == period.abbreviation);
    time.zone = is_known ? ParsedTime::Zone::local : ParsedTime::Zone::offset;
  } else if (!fields.zone_name.empty()) {
    if (const auto offset = known.offset_of(fields.zone_name, local)) {
      time.seconds = local - *offset;
      time.zone = ParsedTime::Zone::local;
    } else {
      if (fields.zone_name.starts_with("GMT") && fields.zone_name.size() > 3) {
        std::string_view hours = fields.zone_name.substr(3);
        const int sign = hours[0] == '-' ? -1 : 1;
        hours.remove_prefix(1);
        std::from_chars(hours.data(), hours.data() + hours.size(), time.offset);
        time.offset *= sign * 3600;
      }
      // As Go does it: the name of a zone that nobody knows does not move the time.
      time.seconds = local;
      time.zone = ParsedTime::Zone::offset;
    }
  } else {
    time.seconds = zone.to_unix(local);
  }
  return time;
}

std::expected<ParsedTime, TimeTextError> TimeLayout::parse(std::string_view text,
                                                           const TimeZone& zone,
                                                           const TimeZone& known) const {
  if (is_rfc3339_) {
    ParsedTime time;
    if (parse_rfc3339(text, time)) return time;
  }
  Fields fields;
  std::string_view rest = text;
  for (size_t i = 0; i < parts_.size(); ++i) {
    const Part& part = parts_[i];
    if (!skip_prefix(prefix_of(part), rest)) {
      return std::unexpected(TimeTextError{rest, prefix_of(part), {}});
    }
    const std::string_view before = rest;
    std::string_view problem;
    if (part.element <= Element::year_day_zero || part.element == Element::long_year ||
        part.element == Element::year) {
      problem = parse_date(part, rest, fields);
    } else if (part.element >= Element::zone_name &&
               part.element <= Element::zone_number_colon_seconds) {
      problem = parse_zone(part, rest, fields);
    } else {
      const Element next = i + 1 < parts_.size() ? parts_[i + 1].element : Element::none;
      problem = parse_clock(part, next, rest, fields);
    }
    if (!is_fine(problem)) {
      return std::unexpected(TimeTextError{before, element_of(part), problem});
    }
  }
  const std::string_view suffix = std::string_view(text_).substr(suffix_start_);
  if (!skip_prefix(suffix, rest)) return std::unexpected(TimeTextError{rest, suffix, {}});
  if (!rest.empty()) return std::unexpected(TimeTextError{rest, {}, ": extra text: "});

  const std::string_view problem = complete(fields);
  if (!is_fine(problem)) return std::unexpected(TimeTextError{{}, {}, problem});
  return moment_of(fields, zone, known);
}

std::expected<ParsedTime, TimeTextError> TimeLayout::parse(std::string_view text) const {
  return parse(text, *TimeZone::utc(), *TimeZone::local());
}

std::string TimeTextError::message(std::string_view layout, std::string_view text) const {
  std::string message = "parsing time " + quote(text);
  if (problem.empty()) {
    return message + " as " + quote(layout) + ": cannot parse " + quote(text_rest) + " as " +
           quote(layout_part);
  }
  message += problem;
  if (problem.ends_with("text: ")) message += quote(text_rest);
  return message;
}

}  // namespace alloy
