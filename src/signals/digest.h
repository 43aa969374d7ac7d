// Digests of texts as hexadecimal numbers.
#pragma once

#include <string>
#include <string_view>

namespace alloy {

std::string sha1_hex(std::string_view text);
std::string sha512_hex(std::string_view text);
std::string sha3_256_hex(std::string_view text);

}  // namespace alloy
