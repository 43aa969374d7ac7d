// Byte sizes as the configuration spells them: "512KiB", "1MiB", "10GB".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace alloy {

struct ByteSize {
  int64_t bytes = 0;

  static constexpr ByteSize kib(int64_t count) { return {count << 10}; }
  static constexpr ByteSize mib(int64_t count) { return {count << 20}; }
  static constexpr ByteSize gib(int64_t count) { return {count << 30}; }

  auto operator<=>(const ByteSize&) const = default;
};

// Reads a sequence of numbers with units; K, KB and KiB are all 1024 bytes, and a number alone is
// bytes.
Result<ByteSize> parse_byte_size(std::string_view text);

// The exact spelling in binary units: 1536 KiB is "1MiB512KiB".
std::string format_byte_size(ByteSize size);

}  // namespace alloy
