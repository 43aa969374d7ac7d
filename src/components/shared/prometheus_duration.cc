// Reading and writing Prometheus' durations.
#include "components/shared/prometheus_duration.h"

#include <charconv>

#include "base/text.h"

namespace alloy {

namespace {

struct Unit {
  std::string_view name;
  std::chrono::milliseconds length;
  bool only_alone;  // Years and weeks are written only where they say everything.
};

constexpr Unit units[] = {
    {"y", std::chrono::hours(24 * 365), true},   {"w", std::chrono::hours(24 * 7), true},
    {"d", std::chrono::hours(24), false},        {"h", std::chrono::hours(1), false},
    {"m", std::chrono::minutes(1), false},       {"s", std::chrono::seconds(1), false},
    {"ms", std::chrono::milliseconds(1), false},
};

}  // namespace

Result<Duration> parse_prometheus_duration(std::string_view text) {
  if (text == "0") return Duration::zero();
  if (text.empty()) return fail("empty duration string", ErrorKind::invalid);
  const auto refuse = [&text] {
    return fail("not a valid duration string: " + quote(text), ErrorKind::invalid);
  };
  constexpr auto total_max = std::chrono::duration_cast<std::chrono::milliseconds>(Duration::max());
  std::string_view rest = text;
  std::chrono::milliseconds total{0};
  const Unit* unit = units;
  while (!rest.empty()) {
    int64_t count = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), count);
    if (rest.front() < '0' || rest.front() > '9' || error != std::errc()) return refuse();
    rest.remove_prefix(static_cast<size_t>(end - rest.data()));
    const size_t name_size = std::min(rest.find_first_of("0123456789"), rest.size());
    const std::string_view name = rest.substr(0, name_size);
    while (unit != std::end(units) && unit->name != name) ++unit;
    if (unit == std::end(units)) return refuse();
    if (count > (total_max - total) / unit->length) {
      return fail("duration out of range", ErrorKind::invalid);
    }
    total += count * unit->length;
    ++unit;
    rest.remove_prefix(name_size);
  }
  return total;
}

std::string format_prometheus_duration(Duration duration) {
  auto rest = std::chrono::floor<std::chrono::milliseconds>(duration);
  if (rest.count() == 0) return "0s";
  std::string text;
  for (const Unit& unit : units) {
    if (unit.only_alone && rest % unit.length != std::chrono::milliseconds(0)) continue;
    const int64_t count = rest / unit.length;
    if (count == 0) continue;
    text += std::to_string(count);
    text += unit.name;
    rest -= count * unit.length;
  }
  return text;
}

}  // namespace alloy
