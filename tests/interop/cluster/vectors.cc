#include "interop/cluster/vectors.h"

#include <charconv>
#include <list>

#include <fmt/format.h>

namespace alloy::cluster {

simdjson::dom::element load_vectors(const std::string& name) {
  static std::list<simdjson::dom::parser> parsers;
  return parsers.emplace_back().load(ALLOY_VECTORS "/" + name).value();
}

std::string from_hex(std::string_view hex) {
  std::string out;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    unsigned byte = 0;
    std::from_chars(hex.data() + i, hex.data() + i + 2, byte, 16);
    out += static_cast<char>(byte);
  }
  return out;
}

std::string to_hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes)
    fmt::format_to(std::back_inserter(out), "{:02x}", static_cast<unsigned char>(c));
  return out;
}

uint64_t hex_number(std::string_view hex) {
  uint64_t value = 0;
  std::from_chars(hex.data(), hex.data() + hex.size(), value, 16);
  return value;
}

}  // namespace alloy::cluster
