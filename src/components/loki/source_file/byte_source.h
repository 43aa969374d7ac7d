// The bytes of a file by their position, as they lie there or decompressed.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/error.h"
#include "components/loki/source_file/file_identity.h"

namespace alloy::loki::source_file {

enum class Compression : unsigned char { none, gz, z, bz2 };

class ByteSource {
 public:
  virtual ~ByteSource() = default;

  // Fills the front of `into` with what lies at `position`; less than that at the end of the file
  // only. Quick when positions rise, or repeat the last one. Blocks.
  virtual Result<size_t> read(int64_t position, std::span<char> into) = 0;

  static std::unique_ptr<ByteSource> create(int descriptor, Compression compression);
};

}  // namespace alloy::loki::source_file
