// Numbers as Go spells and reads them, where it differs from C++.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace alloy {

// As strconv.FormatFloat(value, 'f', -1, 64): never an exponent; NaN, +Inf, -Inf.
void append_fixed(double value, std::string& out);
// As encoding/json: an exponent below 1e-6 and from 1e21 on. Infinities and NaN are null.
void append_json_number(double value, std::string& out);
// As strconv.ParseFloat(text, 64): also hexadecimal numbers, underscores never, "inf", "nan".
std::optional<double> parse_double(std::string_view text);
// As strconv.ParseInt(text, base, 64); base 0 reads prefixes (0x, 0o, 0b, 0) and underscores.
std::optional<int64_t> parse_integer(std::string_view text, int base = 10);

}  // namespace alloy
