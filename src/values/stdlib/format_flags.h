// The flags, width and precision of one directive of string.format, and how they shape a text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace alloy::stdlib {

struct FormatFlags {
  bool sharp = false;
  bool zero = false;
  bool plus = false;
  bool minus = false;
  bool space = false;
  bool sharp_v = false;  // %#v
  bool has_width = false;
  bool has_precision = false;
  int width = 0;
  int precision = 0;
};

// Each appends a value as Go's fmt package writes it under the flags.
void append_padded(std::string& out, const FormatFlags& flags, std::string_view text);
void append_text(std::string& out, const FormatFlags& flags, std::string_view text);
void append_quoted_text(std::string& out, const FormatFlags& flags, std::string_view text);
void append_hex_text(std::string& out, const FormatFlags& flags, std::string_view text, char verb);
// `verb` is one of b, d, o, O, x, X.
void append_integer(std::string& out, const FormatFlags& flags, uint64_t magnitude,
                    bool is_negative, char verb);
void append_character(std::string& out, const FormatFlags& flags, uint64_t code_point);
void append_quoted_character(std::string& out, const FormatFlags& flags, uint64_t code_point);
void append_unicode(std::string& out, const FormatFlags& flags, uint64_t code_point);
// `verb` is one of b, e, E, f, F, g, G, x, X.
void append_floating(std::string& out, const FormatFlags& flags, double value, char verb);

}  // namespace alloy::stdlib
