// Names of metrics made of what the kernel calls things.
#pragma once

#include <string>
#include <string_view>

namespace alloy::prometheus::exporter_unix {

// With underscores for what a metric's name can't have.
inline std::string metric_name(std::string_view text) {
  std::string name;
  for (const char c : text) {
    const bool is_fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') || c == ':' || c == '_';
    name += is_fine ? c : '_';
  }
  return name;
}

}  // namespace alloy::prometheus::exporter_unix
