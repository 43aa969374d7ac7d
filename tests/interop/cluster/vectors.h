// Reads the recorded vectors beside this file: what real nodes put on the wire and decide.
#pragma once

#include <string>
#include <string_view>

#include <simdjson.h>

namespace alloy::cluster {

// A vector file as a document that lives as long as the program.
simdjson::dom::element load_vectors(const std::string& name);

std::string from_hex(std::string_view hex);
std::string to_hex(std::string_view bytes);

inline std::string_view text(simdjson::dom::element element, std::string_view key) {
  return element[key].get_string().value();
}
// The 64 bits that `key` spells in hexadecimal.
uint64_t hex_number(std::string_view hex);

}  // namespace alloy::cluster
