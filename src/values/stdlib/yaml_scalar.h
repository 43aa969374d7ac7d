// What the scalars of YAML texts mean.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "values/value.h"

namespace alloy::stdlib {

// The value of a scalar. The tag is the empty text for plain scalars and "!" for quoted ones;
// "!!int" and the like ask for a type, other tags mean nothing.
Result<Value> resolve_yaml_scalar(std::string_view tag, const std::string& text);

// The instant of a YAML timestamp in RFC 3339, if the text is one: "2024-1-2" is
// "2024-01-02T00:00:00Z".
std::optional<std::string> yaml_timestamp(std::string_view text);

}  // namespace alloy::stdlib
