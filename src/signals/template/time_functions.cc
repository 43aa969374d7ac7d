// sprig's functions over times and durations.
#include "base/clock.h"
#include "signals/number_text.h"
#include "signals/template/convert.h"
#include "signals/template/functions.h"

namespace alloy::go_template {
namespace {

constexpr int64_t zero_time = -62135596800;  // 0001-01-01, Go's zero.

bool give(std::string text, Value& out) {
  out = Value::text(std::move(text));
  return true;
}

ZonedTime now() {
  const int64_t nanoseconds = real_clock().wall().time_since_epoch().count();
  return {.seconds = nanoseconds / 1'000'000'000,
          .nanoseconds = static_cast<int32_t>(nanoseconds % 1'000'000'000),
          .zone = TimeZone::local()};
}

// Times, and numbers of seconds; anything else is now.
ZonedTime time_of(const Value& value) {
  if (value.kind() == Kind::time) return value.as_time();
  if (value.is_integer()) return {.seconds = value.as_integer().value};
  return now();
}

std::string written(std::string_view layout, const Value& value, std::string_view zone) {
  ZonedTime time = time_of(value);
  const auto loaded = TimeZone::load(zone);
  time.zone = loaded ? *loaded : TimeZone::utc();
  return TimeLayout(layout).format(time);
}

bool date(Arguments in, Value& out, Failure&) {
  return give(written(in[0].as_text(), in[1], "Local"), out);
}
bool date_in_zone(Arguments in, Value& out, Failure&) {
  return give(written(in[0].as_text(), in[1], in[2].as_text()), out);
}
bool html_date(Arguments in, Value& out, Failure&) {
  return give(written("2006-01-02", in[0], "Local"), out);
}
bool html_date_in_zone(Arguments in, Value& out, Failure&) {
  return give(written("2006-01-02", in[0], in[1].as_text()), out);
}

bool now_time(Arguments, Value& out, Failure&) {
  out = Value::time(now());
  return true;
}

Value moved(const ZonedTime& time, Duration by) {
  const int64_t nanoseconds = time.nanoseconds + by.count() % 1'000'000'000;
  const int64_t carried = nanoseconds < 0 ? -1 : nanoseconds / 1'000'000'000;
  ZonedTime made = time;
  made.seconds += by.count() / 1'000'000'000 + carried;
  made.nanoseconds = static_cast<int32_t>(nanoseconds - carried * 1'000'000'000);
  return Value::time(made);
}

bool must_modify(Arguments in, Value& out, Failure& failure) {
  if (in[1].kind() != Kind::time) {
    return failure("wrong type for value; expected time.Time; got " + in[1].type_name());
  }
  const auto duration = parse_duration(in[0].as_text());
  if (!duration) return failure(duration.error().message());
  out = moved(in[1].as_time(), *duration);
  return true;
}
bool modify(Arguments in, Value& out, Failure& failure) {
  if (in[1].kind() == Kind::time && !parse_duration(in[0].as_text())) {
    out = in[1];
    return true;
  }
  return must_modify(in, out, failure);
}

bool must_to_date(Arguments in, Value& out, Failure& failure) {
  const TimeLayout layout(in[0].as_text());
  const TimeZonePointer& local = TimeZone::local();
  const auto time = layout.parse(in[1].as_text(), *local, *local);
  if (!time) return failure(time.error().message(in[0].as_text(), in[1].as_text()));
  TimeZonePointer zone = local;
  if (time->zone == ParsedTime::Zone::utc) zone = TimeZone::utc();
  if (time->zone == ParsedTime::Zone::offset) {
    zone = TimeZone::fixed(std::string(time->zone_name), time->offset);
  }
  out = Value::time({time->seconds, time->nanoseconds, zone});
  return true;
}
bool to_date(Arguments in, Value& out, Failure&) {
  Failure unused;
  if (!must_to_date(in, out, unused)) out = Value::time({.seconds = zero_time});
  return true;
}

bool unix_epoch(Arguments in, Value& out, Failure& failure) {
  if (in[0].kind() != Kind::time) {
    return failure("wrong type for value; expected time.Time; got " + in[0].type_name());
  }
  return give(std::to_string(in[0].as_time().seconds), out);
}

Duration since(const ZonedTime& time) {
  const ZonedTime present = now();
  return std::chrono::seconds(present.seconds - time.seconds) +
         std::chrono::nanoseconds(present.nanoseconds - time.nanoseconds);
}

bool ago(Arguments in, Value& out, Failure&) {
  const auto seconds = std::chrono::round<std::chrono::seconds>(since(time_of(in[0])));
  return give(format_duration(seconds), out);
}

bool duration(Arguments in, Value& out, Failure&) {
  int64_t seconds = 0;
  if (in[0].is_text()) seconds = parse_integer(in[0].as_text()).value_or(0);
  if (in[0].is_integer() && in[0].as_integer().type == IntegerType::int64) {
    seconds = in[0].as_integer().value;
  }
  return give(format_duration(std::chrono::seconds(seconds)), out);
}

bool duration_round(Arguments in, Value& out, Failure&) {
  Duration length = Duration::zero();
  if (in[0].is_text()) {
    const auto parsed = parse_duration(in[0].as_text());
    if (parsed) length = *parsed;
  } else if (in[0].is_integer() && in[0].as_integer().type == IntegerType::int64) {
    length = Duration(in[0].as_integer().value);
  } else if (in[0].kind() == Kind::time) {
    length = since(in[0].as_time());
  }
  const int64_t seconds = std::abs(length.count());
  constexpr int64_t second = 1'000'000'000;
  constexpr std::pair<int64_t, std::string_view> units[] = {{second * 3600 * 24 * 365, "y"},
                                                            {second * 3600 * 24 * 30, "mo"},
                                                            {second * 3600 * 24, "d"},
                                                            {second * 3600, "h"},
                                                            {second * 60, "m"},
                                                            {second, "s"}};
  for (const auto& [unit, name] : units) {
    if (seconds > unit) return give(std::to_string(seconds / unit) + std::string(name), out);
  }
  return give("0s", out);
}

}  // namespace

const Function time_functions[] = {
    {"ago", "*", ago},
    {"date", "s*", date},
    {"dateInZone", "s*s", date_in_zone},
    {"dateModify", "s*", modify},
    {"date_in_zone", "s*s", date_in_zone},
    {"date_modify", "s*", modify},
    {"duration", "*", duration},
    {"durationRound", "*", duration_round},
    {"htmlDate", "*", html_date},
    {"htmlDateInZone", "*s", html_date_in_zone},
    {"mustDateModify", "s*", must_modify},
    {"mustToDate", "ss", must_to_date},
    {"must_date_modify", "s*", must_modify},
    {"now", "", now_time},
    {"toDate", "ss", to_date},
    {"unixEpoch", "*", unix_epoch},
    {},
};

}  // namespace alloy::go_template
