// Base64 (RFC 4648) as Go reads and writes it.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace alloy::stdlib {

enum class Base64Alphabet : unsigned char { standard, url };

std::string encode_base64(std::string_view bytes, Base64Alphabet alphabet);
// Padding is required; line ends are skipped. The error names the offset of the first bad byte.
Result<std::string> decode_base64(std::string_view text, Base64Alphabet alphabet);

}  // namespace alloy::stdlib
