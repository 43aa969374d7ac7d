// The standard library: the names that every expression can use.
#pragma once

#include <string>
#include <string_view>

#include "values/value.h"

namespace alloy {

// What constants.* say about the program; set once before anything is evaluated.
struct StandardConstants {
  std::string version;  // As built: "1.2.3" or "v1.2.3"; normalised to "v1.2.3".
};
void set_standard_constants(StandardConstants constants);

// The value of a top-level name (a namespace, a function); null if there is none of that name.
const Value* find_standard(std::string_view name);

// Whether the top-level name is an old name of a function that now lives in a namespace.
bool is_deprecated_standard(std::string_view name);
// Whether the dotted name ("array.group_by") may only be used at the experimental stability level.
bool is_experimental_standard(std::string_view path);

}  // namespace alloy
