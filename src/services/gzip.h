// Compressing what is written in one piece.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace alloy {

// RFC 1952, quickly rather than tightly.
std::string gzip(std::string_view bytes);
// The pieces one after another; each is gone once it has been read.
std::string gzip(std::vector<std::string> pieces);
// The bare deflate stream of RFC 1951, as archives hold it.
std::string deflate_raw(std::string_view bytes);

}  // namespace alloy
