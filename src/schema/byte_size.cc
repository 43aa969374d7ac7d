#include "schema/byte_size.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

#include <fmt/format.h>

#include "base/text.h"

namespace alloy {
namespace {

struct Unit {
  char letter;
  int shift;
};

constexpr std::array<Unit, 6> units = {
    {{'E', 60}, {'P', 50}, {'T', 40}, {'G', 30}, {'M', 20}, {'K', 10}}};

// The length of the unit at the front of the text, and its shift; length 0: there is none.
struct Prefix {
  size_t length = 0;
  int shift = 0;
};

Prefix read_unit(std::string_view text) {
  if (text.empty()) return {};
  if (text[0] == 'B') return {1, 0};
  for (const Unit& unit : units) {
    if (text[0] != unit.letter && text[0] != unit.letter + ('a' - 'A')) continue;
    std::string_view rest = text.substr(1);
    if (rest.starts_with("iB") || rest.starts_with("ib")) return {3, unit.shift};
    if (rest.starts_with('i')) return {2, unit.shift};
    if (rest.starts_with('B') || rest.starts_with('b')) return {2, unit.shift};
    return {1, unit.shift};
  }
  return {};
}

std::unexpected<Error> invalid(std::string_view text) {
  return fail(fmt::format("units: invalid {}", quote(text)), ErrorKind::invalid);
}

}  // namespace

Result<ByteSize> parse_byte_size(std::string_view text) {
  std::string_view rest = text;
  bool is_negative = rest.starts_with('-');
  if (is_negative || rest.starts_with('+')) rest.remove_prefix(1);
  if (rest.empty()) return invalid(text);
  double total = 0;
  while (!rest.empty()) {
    size_t digits = 0;
    while (digits < rest.size() &&
           (rest[digits] == '.' || (rest[digits] >= '0' && rest[digits] <= '9')))
      ++digits;
    std::string number(rest.substr(0, digits));
    char* stop = nullptr;
    double count = std::strtod(number.c_str(), &stop);
    if (number.empty() || stop != number.c_str() + number.size()) return invalid(text);
    rest.remove_prefix(digits);
    Prefix unit = read_unit(rest);
    if (unit.length == 0 && !rest.empty()) {
      return fail(fmt::format("units: unknown unit {} in {}", quote(rest), quote(text)),
                  ErrorKind::invalid);
    }
    rest.remove_prefix(unit.length);
    total += std::ldexp(count, unit.shift);
  }
  if (total >= std::ldexp(1.0, 63)) return invalid(text);
  auto bytes = static_cast<int64_t>(total);
  return ByteSize{is_negative ? -bytes : bytes};
}

std::string format_byte_size(ByteSize size) {
  if (size.bytes == 0) return "0B";
  std::string out = size.bytes < 0 ? "-" : "";
  uint64_t rest =
      size.bytes < 0 ? 0 - static_cast<uint64_t>(size.bytes) : static_cast<uint64_t>(size.bytes);
  for (const Unit& unit : units) {
    uint64_t count = rest >> unit.shift;
    if (count > 0) out += fmt::format("{}{}iB", count, unit.letter);
    rest -= count << unit.shift;
  }
  if (rest > 0) out += fmt::format("{}B", rest);
  return out;
}

}  // namespace alloy
