#include "base/duration.h"

#include <cstdint>
#include <limits>

#include <fmt/format.h>

namespace alloy {
namespace {

// The unit's length in nanoseconds and its spelling's length in bytes; 0 length: no such unit.
struct Unit {
  uint64_t nanoseconds = 0;
  size_t bytes = 0;
};

Unit read_unit(std::string_view text) {
  size_t length = 0;
  while (length < text.size() && text[length] != '.' && (text[length] < '0' || text[length] > '9'))
    ++length;
  const std::string_view name = text.substr(0, length);
  if (name == "ns") return {1, length};
  if (name == "us" || name == "µs" || name == "μs") return {1'000, length};
  if (name == "ms") return {1'000'000, length};
  if (name == "s") return {1'000'000'000, length};
  if (name == "m") return {60'000'000'000, length};
  if (name == "h") return {3'600'000'000'000, length};
  return {0, length};
}

bool is_digit(std::string_view text, size_t at) {
  return at < text.size() && text[at] >= '0' && text[at] <= '9';
}

std::unexpected<Error> invalid(std::string_view text) {
  return fail(fmt::format("time: invalid duration \"{}\"", text), ErrorKind::invalid);
}

// Appends value / 10^digits with trailing zeros of the fraction dropped.
void append_fraction(std::string& out, uint64_t value, int digits) {
  uint64_t scale = 1;
  for (int i = 0; i < digits; ++i) scale *= 10;
  out += fmt::format("{}", value / scale);
  uint64_t fraction = value % scale;
  if (fraction == 0) return;
  std::string text = fmt::format("{:0{}}", fraction, digits);
  text.erase(text.find_last_not_of('0') + 1);
  out += '.';
  out += text;
}

}  // namespace

Result<Duration> parse_duration(std::string_view original) {
  std::string_view text = original;
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (text == "0") return Duration::zero();
  if (text.empty()) return invalid(original);

  constexpr uint64_t limit = uint64_t{1} << 63;
  uint64_t total = 0;
  while (!text.empty()) {
    if (text[0] != '.' && !is_digit(text, 0)) return invalid(original);
    uint64_t whole = 0;
    bool any_digit = false;
    size_t at = 0;
    for (; is_digit(text, at); ++at) {
      if (whole > limit / 10) return invalid(original);
      whole = whole * 10 + static_cast<uint64_t>(text[at] - '0');
      if (whole > limit) return invalid(original);
      any_digit = true;
    }
    uint64_t fraction = 0;
    double scale = 1;
    if (at < text.size() && text[at] == '.') {
      for (++at; is_digit(text, at); ++at) {
        any_digit = true;
        if (fraction > (limit - 1) / 10) continue;
        fraction = fraction * 10 + static_cast<uint64_t>(text[at] - '0');
        scale *= 10;
      }
    }
    if (!any_digit) return invalid(original);
    text.remove_prefix(at);
    const Unit unit = read_unit(text);
    if (unit.bytes == 0)
      return fail(fmt::format("time: missing unit in duration \"{}\"", original),
                  ErrorKind::invalid);
    if (unit.nanoseconds == 0)
      return fail(fmt::format("time: unknown unit \"{}\" in duration \"{}\"",
                              text.substr(0, unit.bytes), original),
                  ErrorKind::invalid);
    if (whole > limit / unit.nanoseconds) return invalid(original);
    uint64_t part = whole * unit.nanoseconds;
    part += static_cast<uint64_t>(static_cast<double>(fraction) *
                                  (static_cast<double>(unit.nanoseconds) / scale));
    if (part > limit || total + part > limit) return invalid(original);
    total += part;
    text.remove_prefix(unit.bytes);
  }
  if (negative) return Duration(static_cast<int64_t>(0 - total));
  if (total == limit) return invalid(original);
  return Duration(static_cast<int64_t>(total));
}

std::string format_duration(Duration duration) {
  const int64_t count = duration.count();
  if (count == 0) return "0s";
  std::string out = count < 0 ? "-" : "";
  const uint64_t total =
      count < 0 ? 0 - static_cast<uint64_t>(count) : static_cast<uint64_t>(count);
  if (total < 1'000'000'000) {
    const int digits = total < 1'000 ? 0 : total < 1'000'000 ? 3 : 6;
    append_fraction(out, total, digits);
    return out + (digits == 0 ? "ns" : digits == 3 ? "µs" : "ms");
  }
  const uint64_t hours = total / 3'600'000'000'000;
  const uint64_t minutes = total / 60'000'000'000 % 60;
  if (hours > 0) out += fmt::format("{}h", hours);
  if (hours > 0 || minutes > 0) out += fmt::format("{}m", minutes);
  append_fraction(out, total % 60'000'000'000, 9);
  return out + "s";
}

}  // namespace alloy
