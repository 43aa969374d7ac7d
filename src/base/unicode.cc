#include "base/unicode.h"

#include <algorithm>
#include <cstdint>
#include <span>

namespace alloy {

namespace {

struct CodePointRange {
  uint32_t first;
  uint32_t last;
};

#include "base/unicode_tables.inc"

bool contains(std::span<const CodePointRange> ranges, char32_t code_point) {
  const auto after = std::ranges::upper_bound(ranges, static_cast<uint32_t>(code_point), {},
                                              &CodePointRange::first);
  return after != ranges.begin() && code_point <= std::prev(after)->last;
}

}  // namespace

bool is_letter(char32_t code_point) {
  if (code_point < 0x80) {
    const char32_t lower = code_point | 0x20;
    return lower >= 'a' && lower <= 'z';
  }
  return contains(letters, code_point);
}

bool is_digit(char32_t code_point) {
  if (code_point < 0x80) return code_point >= '0' && code_point <= '9';
  return contains(digits, code_point);
}

bool is_printable(char32_t code_point) {
  if (code_point < 0x80) return code_point >= ' ' && code_point < 0x7f;
  return contains(printables, code_point);
}

}  // namespace alloy
