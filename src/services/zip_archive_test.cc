#include "services/zip_archive.h"

#include <doctest/doctest.h>

#include "services/gzip.h"

namespace alloy {

TEST_CASE("an archive names each file in front of it and in the directory at the end") {
  // 2026-11-24T10:20:30Z
  ZipArchive zip(WallTime(std::chrono::seconds(1'795'515'630)));
  zip.add("a/b.txt", "hello");
  const std::string bytes = std::move(zip).finish();
  CHECK(bytes.starts_with(std::string("PK\x03\x04\x14\0\0\x08\x08\0", 10)));
  CHECK(bytes.find("PK\x01\x02") != std::string::npos);
  CHECK(bytes.substr(bytes.size() - 22).starts_with("PK\x05\x06"));
  CHECK(bytes.find("a/b.txt") == 30);
  // The checksum of "hello".
  CHECK(bytes.substr(14, 4) == "\x86\xa6\x10\x36");
  CHECK(bytes.find(deflate_raw("hello")) == 37);
}

}  // namespace alloy
