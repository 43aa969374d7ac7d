// Numbers as expositions spell them: the floats that Go's strconv.ParseFloat takes, without its
// hexadecimal and underscored forms.
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace alloy::wire {

// The NaN that every "NaN" of an exposition becomes.
inline constexpr uint64_t normal_nan_bits = 0x7ff8000000000001;

// Errors read like those of the real parser: strconv.ParseFloat: parsing "x": invalid syntax.
Result<double> parse_float(std::string_view text);

// The shortest spelling that reads back the same, as Go's format 'g' writes it: "1", "0.5",
// "1e+06".
std::string format_float(double value);
// A float as label values of buckets and quantiles have it: "1.0", "0.5", "1e+06", "+Inf".
std::string format_bucket_bound(double value);

namespace float_text_internal {
inline constexpr double powers_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                           1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                           1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
}  // namespace float_text_internal

// Reads a plain decimal that is exact in a double's arithmetic, which nearly all are. Returns its
// end, or null for anything else. The text must end in something that is no digit.
inline const char* read_simple_decimal(const char* text, double& value) {
  const bool is_negative = *text == '-';
  const char* p = text + (is_negative ? 1 : 0);
  const char* const start = p;
  uint64_t mantissa = 0;
  for (; static_cast<unsigned char>(*p - '0') < 10; ++p) {
    mantissa = mantissa * 10 + static_cast<unsigned char>(*p - '0');
  }
  auto digits = static_cast<size_t>(p - start);
  size_t decimals = 0;
  if (*p == '.') {
    const char* const point = p++;
    for (; static_cast<unsigned char>(*p - '0') < 10; ++p) {
      mantissa = mantissa * 10 + static_cast<unsigned char>(*p - '0');
    }
    decimals = static_cast<size_t>(p - point) - 1;
    digits += decimals;
  }
  if (digits == 0 || digits > 19 || mantissa > (uint64_t{1} << 53)) return nullptr;
  value = static_cast<double>(mantissa);
  if (decimals != 0) value /= float_text_internal::powers_of_ten[decimals];
  if (is_negative) value = -value;
  return p;
}

}  // namespace alloy::wire
