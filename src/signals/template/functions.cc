// Finds functions by name, and the methods of values.
#include "signals/template/functions.h"

#include <map>

#include "base/civil_time.h"
#include "base/text.h"

namespace alloy::go_template {

const Function* find_function(std::string_view name) {
  static const auto all = [] {
    std::map<std::string_view, const Function*> found;
    for (const Function* table :
         {built_in_functions, text_functions, case_functions, number_functions, list_functions,
          map_functions, type_functions, time_functions, expression_functions, encoding_functions,
          path_functions, version_functions, random_functions}) {
      for (; !table->name.empty(); ++table) found[table->name] = table;
    }
    return found;
  }();
  const auto found = all.find(name);
  return found == all.end() ? nullptr : found->second;
}

bool is_lazy(std::string_view name) { return name == "and" || name == "or"; }

namespace {

bool call_time(const ZonedTime& time, std::string_view name, Arguments in, Value& out) {
  const TimeZone::Period period = time.zone->at(time.seconds);
  const int64_t local = time.seconds + period.offset;
  const int64_t days = floor_divide(local, 86400);
  const int64_t second = local - days * 86400;
  const CivilDate date = civil_from_days(days);
  if (name == "Format" && in.size() == 1 && in[0].is_text()) {
    out = Value::text(TimeLayout(in[0].as_text()).format(time));
    return true;
  }
  if (!in.empty()) return false;
  const auto integer = [&](int64_t value) {
    out = Value::integer(value);
    return true;
  };
  const auto wide = [&](int64_t value) {
    out = Value::integer(value, IntegerType::int64);
    return true;
  };
  if (name == "Unix") return wide(time.seconds);
  if (name == "UnixMilli") return wide(time.seconds * 1000 + time.nanoseconds / 1'000'000);
  if (name == "UnixMicro") return wide(time.seconds * 1'000'000 + time.nanoseconds / 1000);
  if (name == "UnixNano") return wide(time.seconds * 1'000'000'000 + time.nanoseconds);
  if (name == "Year") return integer(date.year);
  if (name == "Day") return integer(date.day);
  if (name == "Hour") return integer(second / 3600);
  if (name == "Minute") return integer(second / 60 % 60);
  if (name == "Second") return integer(second % 60);
  if (name == "Nanosecond") return integer(time.nanoseconds);
  if (name == "YearDay") return integer(days - days_from_civil(date.year, 1, 1) + 1);
  if (name == "Month")
    out = Value::text(TimeLayout("January").format(time));
  else if (name == "Weekday")
    out = Value::text(TimeLayout("Monday").format(time));
  else if (name == "String")
    out = Value::text(to_text(Value::time(time)));
  else if (name == "UTC")
    out = Value::time({time.seconds, time.nanoseconds, TimeZone::utc()});
  else if (name == "IsZero")
    out = Value::boolean(time.seconds == -62135596800);
  else
    return false;
  return true;
}

bool call_duration(Duration duration, std::string_view name, Arguments in, Value& out) {
  if (!in.empty()) return false;
  const double seconds = std::chrono::duration<double>(duration).count();
  const auto wide = [&](int64_t value) {
    out = Value::integer(value, IntegerType::int64);
    return true;
  };
  if (name == "Nanoseconds") return wide(duration.count());
  if (name == "Microseconds") return wide(duration.count() / 1000);
  if (name == "Milliseconds") return wide(duration.count() / 1'000'000);
  if (name == "Seconds")
    out = Value::floating(seconds);
  else if (name == "Minutes")
    out = Value::floating(seconds / 60);
  else if (name == "Hours")
    out = Value::floating(seconds / 3600);
  else if (name == "String")
    out = Value::text(format_duration(duration));
  else
    return false;
  return true;
}

bool call_version(const Version& version, std::string_view name, Arguments in, Value& out) {
  if (!in.empty()) return false;
  const auto number = [&](uint64_t value) {
    out = Value::integer(static_cast<int64_t>(value), IntegerType::int64);
    return true;
  };
  if (name == "Major") return number(version.major);
  if (name == "Minor") return number(version.minor);
  if (name == "Patch") return number(version.patch);
  if (name == "Prerelease")
    out = Value::text(version.prerelease);
  else if (name == "Metadata")
    out = Value::text(version.metadata);
  else if (name == "Original")
    out = Value::text(version.original);
  else if (name == "String")
    out = Value::text(version_text(version));
  else
    return false;
  return true;
}

}  // namespace

bool call_method(const Value& receiver, std::string_view name, Arguments arguments, Value& out,
                 Failure& failure) {
  bool is_known = false;
  if (receiver.kind() == Kind::time) {
    is_known = call_time(receiver.as_time(), name, arguments, out);
  } else if (receiver.kind() == Kind::duration) {
    is_known = call_duration(receiver.as_duration(), name, arguments, out);
  } else if (receiver.kind() == Kind::version) {
    is_known = call_version(receiver.as_version(), name, arguments, out);
  }
  if (is_known) return true;
  return failure("can't evaluate field " + std::string(name) + " in type " + receiver.type_name());
}

}  // namespace alloy::go_template
