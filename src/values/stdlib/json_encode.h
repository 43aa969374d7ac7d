// Values to JSON texts.
#pragma once

#include <string>

#include "base/error.h"
#include "values/value.h"

namespace alloy::stdlib {

// The value as a compact JSON text in the spelling of Go's encoding/json: sorted keys, and <, > and
// & escaped. Secrets are written as they are: whoever encodes them keeps the text secret.
Result<std::string> encode_json(const Value& value);

}  // namespace alloy::stdlib
