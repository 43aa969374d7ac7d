#include "values/stdlib/yaml_scalar.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <limits>

#include <fmt/format.h>

#include "values/stdlib/base64.h"

namespace alloy::stdlib {
namespace {

template <size_t size>
bool is_one_of(std::string_view text, const std::string_view (&list)[size]) {
  return std::ranges::find(list, text) != std::end(list);
}

std::optional<Value> constant(std::string_view text) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (is_one_of(text, {"", "~", "null", "Null", "NULL"})) return Value();
  if (is_one_of(text, {"true", "True", "TRUE"})) return Value::boolean(true);
  if (is_one_of(text, {"false", "False", "FALSE"})) return Value::boolean(false);
  if (is_one_of(text, {".nan", ".NaN", ".NAN"})) {
    return Value::floating(std::numeric_limits<double>::quiet_NaN());
  }
  if (is_one_of(text, {".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"})) {
    return Value::floating(infinity);
  }
  if (is_one_of(text, {"-.inf", "-.Inf", "-.INF"})) return Value::floating(-infinity);
  return std::nullopt;
}

// An integer with its base in front (0x, 0o, 0b, or 0 for octal) and an optional sign.
std::optional<Value> integer(std::string_view text) {
  bool is_negative = text.starts_with('-');
  bool is_signed = is_negative || text.starts_with('+');
  if (is_signed) text.remove_prefix(1);
  int base = 10;
  if (text.size() > 1 && text[0] == '0') {
    char letter = static_cast<char>(text[1] | 0x20);
    base = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 0;
    text.remove_prefix(base == 0 ? 1 : 2);
    if (base == 0) base = 8;
  }
  uint64_t magnitude = 0;
  auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), magnitude, base);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  constexpr uint64_t limit = uint64_t{1} << 63;
  if (is_negative) {
    if (magnitude > limit) return std::nullopt;
    return Value::integer(static_cast<int64_t>(0 - magnitude));
  }
  if (magnitude < limit) return Value::integer(static_cast<int64_t>(magnitude));
  // Unsigned numbers have no sign: such a text is read as a floating one.
  if (is_signed) return std::nullopt;
  return Value::unsigned_integer(magnitude);
}

// Digits with at most one point and an exponent.
std::optional<Value> floating(const std::string& text) {
  if (text.find_first_not_of("0123456789.eE+-") != std::string::npos) return std::nullopt;
  if (text.find_first_of("0123456789") == std::string::npos) return std::nullopt;
  char* stop = nullptr;
  double value = std::strtod(text.c_str(), &stop);
  if (stop != text.c_str() + text.size()) return std::nullopt;
  return Value::floating(value);
}

// What a plain scalar means by itself.
Value resolve_plain(const std::string& text) {
  if (auto value = constant(text)) return *value;
  char first = text.front();
  bool is_digit = first >= '0' && first <= '9';
  if (!is_digit && first != '.' && first != '-' && first != '+') return Value::string(text);
  if (first == '.') {
    auto value = floating(text);
    return value ? *value : Value::string(text);
  }
  if (auto timestamp = yaml_timestamp(text)) return Value::string(*timestamp);
  std::string plain = text;
  std::erase(plain, '_');
  if (auto value = integer(plain)) return *value;
  if (auto value = floating(plain)) return *value;
  return Value::string(text);
}

Result<Value> require_type(std::string_view tag, const std::string& text) {
  Value value = resolve_plain(text);
  bool is_floating = value.is_number() && value.as_number().kind() == NumberKind::floating;
  if (tag == "!!int" && value.is_number() && !is_floating) return value;
  if (tag == "!!float" && value.is_number()) {
    return Value::floating(value.as_number().as_floating());
  }
  if (tag == "!!bool" && value.is_boolean()) return value;
  if (tag == "!!null" && value.is_null()) return value;
  if (tag == "!!timestamp" && yaml_timestamp(text)) return value;
  std::string_view found = value.is_null()      ? "!!null"
                           : value.is_boolean() ? "!!bool"
                           : value.is_string()  ? "!!str"
                           : is_floating        ? "!!float"
                                                : "!!int";
  return fail(fmt::format("yaml: cannot decode {} `{}` as a {}", found, text, tag),
              ErrorKind::invalid);
}

// Reads digits from the front, at least one and at most `digits_max` of them.
std::optional<int> take_digits(std::string_view& text, size_t digits_min, size_t digits_max) {
  size_t count = 0;
  int value = 0;
  while (count < text.size() && count < digits_max && text[count] >= '0' && text[count] <= '9') {
    value = value * 10 + (text[count++] - '0');
  }
  if (count < digits_min) return std::nullopt;
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

struct TimeOfDay {
  int hour = 0;
  int minute = 0;
  int second = 0;
  std::string fraction;
};

std::optional<TimeOfDay> take_time(std::string_view& text) {
  TimeOfDay time;
  auto hour = take_digits(text, 1, 2);
  if (!hour || *hour > 23 || !take(text, ':')) return std::nullopt;
  auto minute = take_digits(text, 1, 2);
  if (!minute || *minute > 59 || !take(text, ':')) return std::nullopt;
  auto second = take_digits(text, 1, 2);
  if (!second || *second > 59) return std::nullopt;
  if (take(text, '.')) {
    size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    if (digits == 0) return std::nullopt;
    time.fraction = text.substr(0, std::min<size_t>(digits, 9));
    time.fraction.erase(time.fraction.find_last_not_of('0') + 1);
    text.remove_prefix(digits);
  }
  return TimeOfDay{*hour, *minute, *second, std::move(time.fraction)};
}

// "Z" or "+01:00", in the spelling of RFC 3339.
std::optional<std::string> take_zone(std::string_view& text) {
  if (take(text, 'Z')) return "Z";
  char sign = text.empty() ? '\0' : text.front();
  if (sign != '+' && sign != '-') return std::nullopt;
  text.remove_prefix(1);
  auto hours = take_digits(text, 2, 2);
  if (!hours || *hours > 24 || !take(text, ':')) return std::nullopt;
  auto minutes = take_digits(text, 2, 2);
  if (!minutes || *minutes > 60) return std::nullopt;
  if (*hours == 0 && *minutes == 0) return "Z";
  return fmt::format("{}{:02}:{:02}", sign, *hours, *minutes);
}

}  // namespace

Result<Value> resolve_yaml_scalar(std::string_view tag, const std::string& text) {
  if (tag.empty()) return resolve_plain(text);
  if (tag == "!!binary") {
    auto bytes = decode_base64(text, Base64Alphabet::standard);
    if (!bytes) return fail("yaml: !!binary value contains invalid base64 data");
    return Value::string(*std::move(bytes));
  }
  for (std::string_view typed : {"!!int", "!!float", "!!bool", "!!null", "!!timestamp"}) {
    if (tag == typed) return require_type(tag, text);
  }
  return Value::string(text);
}

std::optional<std::string> yaml_timestamp(std::string_view text) {
  auto year = take_digits(text, 4, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  auto month = take_digits(text, 1, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  auto day = take_digits(text, 1, 2);
  if (!day) return std::nullopt;
  std::chrono::year_month_day date{std::chrono::year(*year),
                                   std::chrono::month(static_cast<unsigned>(*month)),
                                   std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  std::optional<TimeOfDay> time = TimeOfDay{};
  std::optional<std::string> zone = "Z";
  if (take(text, 'T') || take(text, 't')) {
    time = take_time(text);
    if (time) zone = take_zone(text);
  } else if (take(text, ' ')) {
    time = take_time(text);
  }
  if (!time || !zone || !text.empty()) return std::nullopt;
  std::string fraction = time->fraction.empty() ? "" : "." + time->fraction;
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}{}", *year, *month, *day, time->hour,
                     time->minute, time->second, fraction, *zone);
}

}  // namespace alloy::stdlib
