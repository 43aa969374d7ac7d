#include "components/mimir/alerts_kubernetes/time_intervals.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <span>

#include "base/text.h"
#include "signals/go_strings.h"

namespace alloy::mimir::alerts_kubernetes {
namespace {

constexpr std::string_view weekday_names[] = {"sunday",   "monday", "tuesday", "wednesday",
                                              "thursday", "friday", "saturday"};
constexpr std::string_view month_names[] = {"january",   "february", "march",    "april",
                                            "may",       "june",     "july",     "august",
                                            "september", "october",  "november", "december"};

std::optional<int> read_number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "HH:MM", up to 24:00, in minutes.
Result<int> read_time(std::string_view text) {
  const auto hour = text.size() == 5 ? read_number(text.substr(0, 2)) : std::nullopt;
  const auto minute = text.size() == 5 ? read_number(text.substr(3)) : std::nullopt;
  constexpr int day = 24 * 60;
  if (!hour || !minute || text[2] != ':' || *hour < 0 || *minute < 0 || *minute > 59 ||
      *hour * 60 + *minute > day)
    return fail(fmt::format("couldn't parse timestamp {}, invalid format", text));
  return *hour * 60 + *minute;
}

Result<Value> read_times(JsonNode node) {
  const std::string_view start = node["startTime"].text();
  const std::string_view end = node["endTime"].text();
  if (start.empty() || end.empty()) return fail("start and end are required");
  TRY(const int from, read_time(start));
  TRY(const int to, read_time(end));
  if (from >= to) return fail(fmt::format("start time {} must be before end time {}", start, end));
  return Value::object(
      Object::ordered({{"start_time", Value::string(start)}, {"end_time", Value::string(end)}}));
}

struct RangeKind {
  std::string_view what;
  std::span<const std::string_view> names;
  int first = 0;  // The number of the first name.
};

Result<int> read_bound(std::string_view text, const RangeKind& kind) {
  const auto named = std::ranges::find(kind.names, to_lower(text));
  if (named != kind.names.end()) return static_cast<int>(named - kind.names.begin()) + kind.first;
  const auto number = read_number(text);
  const int last = kind.first + static_cast<int>(kind.names.size()) - 1;
  if (!number || (!kind.names.empty() && (*number < kind.first || *number > last)))
    return fail(fmt::format("{} is an invalid {}", text, kind.what));
  return *number;
}

// "a" or "a:b", by names where there are some.
Result<Value> read_range(std::string_view text, const RangeKind& kind) {
  const auto parts = split(text, ':');
  if (parts.size() > 2) return fail(fmt::format("invalid range provided {}", text));
  TRY(const int from, read_bound(parts.front(), kind));
  TRY(const int to, read_bound(parts.back(), kind));
  if (from > to) return fail(fmt::format("the {} range {} ends before it begins", kind.what, text));
  const auto spell = [&](int bound) {
    return kind.names.empty() ? std::to_string(bound)
                              : std::string(kind.names[static_cast<size_t>(bound - kind.first)]);
  };
  return Value::string(from == to ? spell(from) : fmt::format("{}:{}", spell(from), spell(to)));
}

// Negative days count from the end of the month.
Result<Value> read_days(JsonNode node) {
  const int64_t from = node["start"].integer();
  const int64_t to = node["end"].integer();
  for (const int64_t day : {from, to})
    if (day == 0 || day < -31 || day > 31)
      return fail(fmt::format("{} is not a valid day of the month: out of range", day));
  if (from < 0 && to > 0) return fail("end day must be negative if start day is negative");
  constexpr int shortest_month = 28;
  const auto in_shortest = [](int64_t day) { return day < 0 ? shortest_month + day : day; };
  if (in_shortest(from) > in_shortest(to))
    return fail(fmt::format("end day {} is always before start day {}", to, from));
  return Value::string(from == to ? std::to_string(from) : fmt::format("{}:{}", from, to));
}

template <class Read>
Result<> add_list(std::vector<Object::Member>& members, std::string_view name, JsonNode list,
                  Read read) {
  std::vector<Value> values;
  for (const JsonNode item : list.elements()) {
    auto value = read(item);
    if (!value) return std::unexpected(std::move(value).error().with_context(name));
    values.push_back(*std::move(value));
  }
  if (!values.empty()) members.push_back({std::string(name), Value::array(std::move(values))});
  return {};
}

}  // namespace

Result<Value> read_time_intervals(JsonNode list) {
  const auto ranges = [](RangeKind kind) {
    return [kind](JsonNode item) { return read_range(item.scalar_text(), kind); };
  };
  std::vector<Value> intervals;
  for (const JsonNode item : list.elements()) {
    std::vector<Object::Member> members;
    TRY(add_list(members, "times", item["times"], read_times));
    TRY(add_list(members, "weekdays", item["weekdays"], ranges({"weekday", weekday_names, 0})));
    TRY(add_list(members, "days_of_month", item["daysOfMonth"], read_days));
    TRY(add_list(members, "months", item["months"], ranges({"month", month_names, 1})));
    TRY(add_list(members, "years", item["years"], ranges({"year", {}, 0})));
    intervals.push_back(Value::object(Object::ordered(std::move(members))));
  }
  return Value::array(std::move(intervals));
}

}  // namespace alloy::mimir::alerts_kubernetes
