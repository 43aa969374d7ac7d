// Loose conversions, as sprig's functions take any value for a number or a text.
#pragma once

#include <string>
#include <vector>

#include "signals/template/value.h"

namespace alloy::go_template {

int64_t to_integer(const Value& value);
double to_floating(const Value& value);
// The elements of a list as texts, without nil; any other value alone.
std::vector<std::string> to_texts(const Value& value);
bool is_empty(const Value& value);

}  // namespace alloy::go_template
