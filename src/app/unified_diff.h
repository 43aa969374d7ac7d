// The difference of two texts, as `diff -u` shows it.
#pragma once

#include <string>
#include <string_view>

namespace alloy::app {

// Empty if the texts are equal. The lines are those of `from` and `to`, which are called the names
// in the header.
std::string unified_diff(std::string_view from_name, std::string_view from,
                         std::string_view to_name, std::string_view to);

}  // namespace alloy::app
