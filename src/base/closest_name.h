// "Did you mean ...?": the name among others that a mistyped one was probably meant to be.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace alloy {

// The candidate with the fewest edits from `name`, if these are few for its length; else empty. Of
// several the first.
std::string_view closest_name(std::string_view name, std::span<const std::string_view> candidates);

// The sentence for a reader; empty if there is no such name.
std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace alloy
