// JSON texts to values.
#pragma once

#include <string_view>

#include "base/error.h"
#include "values/value.h"

namespace alloy::stdlib {

// Whether numbers without a fraction stay whole.
enum class JsonNumbers : unsigned char { floating, exact };

// The value of a JSON text (RFC 8259): of members with one key the last one counts, and what is no
// Unicode becomes U+FFFD. The errors are those of Go's encoding/json.
Result<Value> decode_json(std::string_view text, JsonNumbers numbers = JsonNumbers::floating);

}  // namespace alloy::stdlib
