// Writes a zip archive in memory: enough for support bundles (no files over 4 GiB).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace alloy {

class ZipArchive {
 public:
  // `modified` is what all files say about their age, in UTC.
  explicit ZipArchive(WallTime modified);

  void add(std::string path, std::string_view content);
  // Ends the archive and gives its bytes.
  std::string finish() &&;

 private:
  struct Entry {
    std::string path;
    uint32_t crc;
    uint32_t packed_bytes;
    uint32_t bytes;
    uint32_t offset;
  };
  void put_common(const Entry& entry);
  void put16(uint32_t value);
  void put32(uint32_t value);

  uint32_t dos_time_ = 0;
  uint32_t dos_date_ = 0;
  std::string out_;
  std::vector<Entry> entries_;
};

}  // namespace alloy
