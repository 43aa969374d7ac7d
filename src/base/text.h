// Small operations on text that several layers need.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace alloy {

// Appends `text` in double quotes with the escapes of Go's strconv.Quote, which logs, error texts
// and label sets of the real program use: \a \b \f \n \r \t \v \\ \" \xNN \uNNNN.
void append_quoted(std::string& out, std::string_view text);
std::string quote(std::string_view text);

// Appends `text` as a JSON string with its quotes; invalid UTF-8 becomes U+FFFD.
void append_json_string(std::string& out, std::string_view text);

// Whether the bytes are valid UTF-8 (RFC 3629).
bool is_utf8(std::string_view text);

// Reads the code point at the front; advances `text`. Invalid bytes give U+FFFD and advance by one.
char32_t next_code_point(std::string_view& text);
// Appends a code point as UTF-8.
void append_utf8(std::string& out, char32_t code_point);

std::string_view trim(std::string_view text, std::string_view blanks = " \t\r\n");
std::vector<std::string_view> split(std::string_view text, char separator);

// The shortest decimal that reads back as the same double, spelled as Go's 'g' / 'f' choice in
// strconv with precision -1: 1000000, 0.1, 1e+21, +Inf, -Inf, NaN.
std::string format_double(double value);

}  // namespace alloy
