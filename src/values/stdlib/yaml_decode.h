// YAML texts to values.
#pragma once

#include <string>

#include "base/error.h"
#include "values/value.h"

namespace alloy::stdlib {

// The value of the first document of a YAML text, by the rules of Go's yaml.v3: YAML 1.2 with the
// numbers of YAML 1.1 and merge keys. Mappings with keys that are no strings are refused.
Result<Value> decode_yaml(const std::string& text);

}  // namespace alloy::stdlib
