// Operations of Go's strings package over code points: upper and lower case, trimming, splitting,
// replacing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace alloy {

std::string to_upper(std::string_view text);
std::string to_lower(std::string_view text);
char32_t to_upper(char32_t code_point);
char32_t to_lower(char32_t code_point);
bool is_space(char32_t code_point);

// Takes the code points of `removed` off the ends; white space if it is empty.
std::string_view trim_code_points(std::string_view text, std::string_view removed, bool at_left,
                                  bool at_right);
// As strings.Replace: at most `count` times, negative: all; an empty text is everywhere.
std::string replace_text(std::string_view text, std::string_view old, std::string_view with,
                         int64_t count);
// As strings.SplitN: at most `count` parts, negative: all; an empty separator splits code points.
std::vector<std::string_view> split_text(std::string_view text, std::string_view separator,
                                         int64_t count);

}  // namespace alloy
