// Classes of Unicode code points, of the same Unicode version as the real program's.
#pragma once

namespace alloy {

// A letter of any script (category L).
bool is_letter(char32_t code_point);
// A decimal digit of any script (category Nd).
bool is_digit(char32_t code_point);
// Letters, marks, numbers, punctuation, symbols and the ASCII space: what quoting leaves as it is.
bool is_printable(char32_t code_point);

}  // namespace alloy
