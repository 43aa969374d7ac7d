// Reads TZif files (RFC 8536) and the POSIX rules at their ends.
#include "base/time_zone.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <mutex>

#include "base/civil_time.h"
#include "base/file.h"

namespace alloy {
namespace {

constexpr std::string_view folders[] = {"/usr/share/zoneinfo/", "/usr/lib/zoneinfo/",
                                        "/usr/share/lib/zoneinfo/"};
constexpr int64_t seconds_of_day = 86400;

int64_t big_endian(std::string_view bytes) {
  uint64_t value = (bytes[0] & 0x80) != 0 ? ~uint64_t{0} : 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return static_cast<int64_t>(value);
}

// Takes the next bytes off; fewer, if there aren't enough.
std::string_view take(std::string_view& text, size_t count) {
  const std::string_view part = text.substr(0, count);
  text.remove_prefix(part.size());
  return part;
}

struct Counts {
  size_t utc, standard, leaps, changes, kinds, text;

  size_t bytes(size_t time_size) const {
    return changes * (time_size + 1) + kinds * 6 + text + leaps * (time_size + 4) + standard + utc;
  }
};

bool read_header(std::string_view& data, Counts& counts, char& version) {
  if (data.size() < 44 || !data.starts_with("TZif")) return false;
  version = data[4];
  size_t values[6];
  for (size_t i = 0; i < 6; ++i) {
    values[i] = static_cast<size_t>(big_endian(data.substr(20 + i * 4, 4)) & 0xffffffff);
    if (values[i] > 1'000'000) return false;
  }
  counts = {values[0], values[1], values[2], values[3], values[4], values[5]};
  data.remove_prefix(44);
  return true;
}

bool parse_number(std::string_view& text, int& into) {
  size_t digits = 0;
  into = 0;
  while (digits < text.size() && digits < 4 && text[digits] >= '0' && text[digits] <= '9') {
    into = into * 10 + (text[digits++] - '0');
  }
  text.remove_prefix(digits);
  return digits > 0;
}

// [+-]hh[:mm[:ss]]
bool parse_clock(std::string_view& text, int64_t& into) {
  const bool is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+')) text.remove_prefix(1);
  into = 0;
  for (int64_t unit = 3600; unit > 0; unit /= 60) {
    int number = 0;
    if (!parse_number(text, number)) return false;
    into += number * unit;
    if (unit == 1 || !text.starts_with(':')) break;
    text.remove_prefix(1);
  }
  if (is_negative) into = -into;
  return true;
}

bool parse_abbreviation(std::string_view& text, std::string& into) {
  size_t size = 0;
  if (text.starts_with('<')) {
    size = text.find('>');
    if (size == std::string_view::npos) return false;
    into = text.substr(1, size - 1);
    text.remove_prefix(size + 1);
    return true;
  }
  while (size < text.size() && ((text[size] | 0x20) >= 'a' && (text[size] | 0x20) <= 'z')) ++size;
  into = text.substr(0, size);
  text.remove_prefix(size);
  return size >= 3;
}

Result<TimeZonePointer> load_file(std::string_view name) {
  const auto unknown = [&] { return fail("unknown time zone " + std::string(name)); };
  // Nothing outside the database.
  if (name.contains("..") || name.starts_with('/') || name.contains('\\')) return unknown();
  const char* own = std::getenv("ZONEINFO");
  std::vector<std::string> paths;
  if (own != nullptr) paths.push_back(std::string(own) + "/" + std::string(name));
  for (const std::string_view folder : folders) {
    paths.push_back(std::string(folder) + std::string(name));
  }
  for (const std::string& path : paths) {
    const auto data = read_file(path);
    if (!data) continue;
    if (auto zone = TimeZone::parse(std::string(name), *data)) return zone;
  }
  return unknown();
}

}  // namespace

const TimeZonePointer& TimeZone::utc() {
  static const TimeZonePointer zone = fixed("UTC", 0);
  return zone;
}

const TimeZonePointer& TimeZone::local() {
  static const TimeZonePointer zone = [] {
    const char* name = std::getenv("TZ");
    if (name != nullptr) {
      if (*name == ':') ++name;
      if (*name == 0) return utc();
      if (*name == '/') {
        if (const auto data = read_file(name)) {
          if (auto zone = parse("Local", *data)) return *zone;
        }
        return utc();
      }
      if (auto zone = load_file(name)) return *zone;
      return utc();
    }
    if (const auto data = read_file("/etc/localtime")) {
      if (auto zone = parse("Local", *data)) return *zone;
    }
    return utc();
  }();
  return zone;
}

TimeZonePointer TimeZone::fixed(std::string name, int32_t offset) {
  auto zone = std::make_shared<TimeZone>();
  zone->kinds_.push_back({.abbreviation = name, .offset = offset});
  zone->name_ = std::move(name);
  return zone;
}

Result<TimeZonePointer> TimeZone::load(std::string_view name) {
  if (name.empty() || name == "UTC") return utc();
  if (name == "Local") return local();
  static std::mutex mutex;
  static std::map<std::string, TimeZonePointer, std::less<>> loaded;
  const std::lock_guard lock(mutex);
  if (const auto found = loaded.find(name); found != loaded.end()) return found->second;
  TRY(auto zone, load_file(name));
  loaded.emplace(std::string(name), zone);
  return zone;
}

Result<TimeZonePointer> TimeZone::parse(std::string name, std::string_view data) {
  const auto malformed = [] { return fail("malformed time zone information"); };
  Counts counts{};
  char version = 0;
  if (!read_header(data, counts, version)) return malformed();
  size_t time_size = 4;
  if (version >= '2') {  // The same once more, with times of 64 bits.
    if (data.size() < counts.bytes(4)) return malformed();
    data.remove_prefix(counts.bytes(4));
    if (!read_header(data, counts, version)) return malformed();
    time_size = 8;
  }
  if (data.size() < counts.bytes(time_size) || counts.kinds == 0) return malformed();
  std::string_view times = take(data, counts.changes * time_size);
  const std::string_view indexes = take(data, counts.changes);
  std::string_view kinds = take(data, counts.kinds * 6);
  const std::string_view names = take(data, counts.text);
  take(data, counts.leaps * (time_size + 4) + counts.standard + counts.utc);

  auto zone = std::make_shared<TimeZone>();
  zone->name_ = std::move(name);
  for (size_t i = 0; i < counts.kinds; ++i) {
    const std::string_view kind = take(kinds, 6);
    const auto place = static_cast<unsigned char>(kind[5]);
    if (place >= names.size()) return malformed();
    const std::string_view rest = names.substr(place);
    zone->kinds_.push_back({.abbreviation = std::string(rest.substr(0, rest.find('\0'))),
                            .offset = static_cast<int32_t>(big_endian(kind.substr(0, 4))),
                            .is_summer = kind[4] != 0});
  }
  for (const char index : indexes) {
    if (static_cast<unsigned char>(index) >= counts.kinds) return malformed();
    zone->changes_.push_back(
        {.at = big_endian(take(times, time_size)), .kind = static_cast<uint8_t>(index)});
  }
  if (!std::ranges::is_sorted(zone->changes_, {}, &Change::at)) return malformed();
  if (data.starts_with('\n')) {
    data.remove_prefix(1);
    zone->has_rule_ = zone->parse_rule(data.substr(0, data.find('\n')));
  }
  return zone;
}

bool TimeZone::parse_rule(std::string_view text) {
  int64_t offset = 0;
  if (!parse_abbreviation(text, standard_.abbreviation) || !parse_clock(text, offset)) return false;
  standard_.offset = static_cast<int32_t>(-offset);
  if (text.empty()) return true;
  Kind summer{.is_summer = true};
  if (!parse_abbreviation(text, summer.abbreviation)) return false;
  summer.offset = standard_.offset + 3600;
  if (!text.starts_with(',')) {
    if (!parse_clock(text, offset)) return false;
    summer.offset = static_cast<int32_t>(-offset);
  }
  if (!parse_yearly(text, to_summer_) || !parse_yearly(text, to_standard_)) return false;
  summer_ = summer;
  return text.empty();
}

bool TimeZone::parse_yearly(std::string_view& text, YearlyChange& into) {
  if (!text.starts_with(',')) return false;
  text.remove_prefix(1);
  if (text.starts_with('M')) {
    text.remove_prefix(1);
    if (!parse_number(text, into.month) || !text.starts_with('.')) return false;
    text.remove_prefix(1);
    if (!parse_number(text, into.week) || !text.starts_with('.')) return false;
    text.remove_prefix(1);
    if (!parse_number(text, into.day) || into.day > 6) return false;
    if (into.month < 1 || into.month > 12 || into.week < 1 || into.week > 5) return false;
  } else {
    into.form = text.starts_with('J') ? 'J' : 'D';
    if (into.form == 'J') text.remove_prefix(1);
    if (!parse_number(text, into.day) || into.day > 365) return false;
  }
  if (!text.starts_with('/')) return true;
  text.remove_prefix(1);
  return parse_clock(text, into.seconds);
}

int64_t TimeZone::seconds_into_year(const YearlyChange& change, int64_t year, int32_t offset) {
  int64_t day = change.day;  // From the first of January, which is 0.
  if (change.form == 'J') {
    day -= is_leap_year(year) && change.day >= 60 ? 0 : 1;
  } else if (change.form == 'M') {
    const int64_t first = days_from_civil(year, change.month, 1);
    int64_t of_month = (change.day - weekday_of(first) + 7) % 7 + (change.week - 1) * 7;
    while (of_month >= days_in_month(year, change.month)) of_month -= 7;
    day = first + of_month - days_from_civil(year, 1, 1);
  }
  return day * seconds_of_day + change.seconds - offset;
}

TimeZone::Period TimeZone::by_rule(int64_t unix_seconds, int64_t last_change) const {
  if (!summer_) {
    return {standard_.abbreviation, standard_.offset, last_change, INT64_MAX};
  }
  const int64_t year = civil_from_days(floor_divide(unix_seconds, seconds_of_day)).year;
  // The change before the time, and the one after it, are among those of three years.
  Period period{standard_.abbreviation, standard_.offset, last_change, INT64_MAX};
  int64_t latest = INT64_MIN;
  for (int64_t y = year - 1; y <= year + 1; ++y) {
    const int64_t new_year = days_from_civil(y, 1, 1) * seconds_of_day;
    const int64_t summer = new_year + seconds_into_year(to_summer_, y, standard_.offset);
    const int64_t winter = new_year + seconds_into_year(to_standard_, y, summer_->offset);
    for (const auto& [at, kind] : {std::pair{summer, &*summer_}, std::pair{winter, &standard_}}) {
      if (at <= unix_seconds && at > latest) {
        latest = at;
        period.abbreviation = kind->abbreviation;
        period.offset = kind->offset;
        period.start = std::max(at, last_change);
      }
      if (at > unix_seconds) period.end = std::min(period.end, at);
    }
  }
  return period;
}

TimeZone::Period TimeZone::before_changes() const {
  const auto first = std::ranges::find(kinds_, false, &Kind::is_summer);
  const Kind& kind = first == kinds_.end() ? kinds_.front() : *first;
  return {kind.abbreviation, kind.offset, INT64_MIN,
          changes_.empty() ? INT64_MAX : changes_.front().at};
}

TimeZone::Period TimeZone::at(int64_t unix_seconds) const {
  const auto next = std::ranges::upper_bound(changes_, unix_seconds, {}, &Change::at);
  if (next == changes_.begin()) {
    if (changes_.empty() && has_rule_) return by_rule(unix_seconds, INT64_MIN);
    return before_changes();
  }
  const Change& change = *std::prev(next);
  if (next == changes_.end() && has_rule_) return by_rule(unix_seconds, change.at);
  const Kind& kind = kinds_[change.kind];
  return {kind.abbreviation, kind.offset, change.at, next == changes_.end() ? INT64_MAX : next->at};
}

std::optional<int32_t> TimeZone::offset_of(std::string_view abbreviation,
                                           int64_t unix_seconds) const {
  for (const Kind& kind : kinds_) {
    if (kind.abbreviation != abbreviation) continue;
    const Period period = at(unix_seconds - kind.offset);
    if (period.abbreviation == abbreviation) return period.offset;
  }
  for (const Kind& kind : kinds_) {
    if (kind.abbreviation == abbreviation) return kind.offset;
  }
  return std::nullopt;
}

int64_t TimeZone::to_unix(int64_t local_seconds) const {
  const Period period = at(local_seconds);
  int32_t offset = period.offset;
  const int64_t utc = local_seconds - offset;
  if (offset != 0 && (utc < period.start || utc >= period.end)) offset = at(utc).offset;
  return local_seconds - offset;
}

}  // namespace alloy
