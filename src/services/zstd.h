// Zstandard (RFC 8878) for what is written in one piece.
#pragma once

#include <string>
#include <vector>

namespace alloy {

// The pieces one after another, quickly rather than tightly; each is gone once it has been read.
std::string zstd(std::vector<std::string> pieces);

}  // namespace alloy
