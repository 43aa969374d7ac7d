// The compression of gossip: LZW, least significant bit first, 8-bit literals, codes of 9 to 12
// bits (the variable-width scheme of GIF).
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace alloy::cluster {

std::string lzw_compress(std::string_view input);

// Fails on a corrupt stream and once the output would exceed `output_max` bytes.
Result<std::string> lzw_decompress(std::string_view input, size_t output_max);

}  // namespace alloy::cluster
