// The formats that a target may be asked for, and which one it has answered in.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "wire/exposition.h"

namespace alloy::prometheus::scrape {

// By the names of `scrape_protocols`.
bool is_known_protocol(std::string_view name);
// All known names, sorted, as an error lists them: [A B].
std::string list_known_protocols();

// The Accept header for these protocols in their order. The escaping (underscores, dots, values,
// allow-utf-8) is asked of those that know it.
std::string accept_header(const std::vector<std::string>& protocols, std::string_view escaping);

struct BodyFormat {
  bool is_protobuf = false;
  wire::TextFormat text = wire::TextFormat::prometheus;
  std::string warning;  // The target does not comply, and the fallback is used.
};

// What a Content-Type stands for; `fallback` is a protocol's name, or empty for none.
Result<BodyFormat> body_format(std::string_view content_type, std::string_view fallback);

}  // namespace alloy::prometheus::scrape
