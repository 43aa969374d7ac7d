// The seam between the queue and the disk: everything the queue asks of files goes through here, so
// that tests can make any of it fail.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace alloy::queue {

// Memory that is the contents of a file: what is stored in it survives the death of the process.
class Mapping {
 public:
  virtual ~Mapping() = default;
  virtual std::span<char> bytes() = 0;
};

class File {
 public:
  virtual ~File() = default;
  // Writes all parts one after another from `offset`, or fails; then any prefix may be there.
  virtual Result<> write_at(uint64_t offset, std::span<const std::string_view> parts) = 0;
  // Reads up to `out.size()` bytes; fewer only at the end of the file.
  virtual Result<size_t> read_at(uint64_t offset, std::span<char> out) = 0;
  virtual Result<> truncate(uint64_t size) = 0;
  virtual Result<uint64_t> size() = 0;
  // Waits until the disk has what was written.
  virtual Result<> sync() = 0;
  // Makes the file exactly `size` bytes long, with its blocks reserved (a store into a mapped hole
  // on a full disk would kill the process), and maps it.
  virtual Result<std::unique_ptr<Mapping>> map(uint64_t size) = 0;
};

enum class OpenMode : unsigned char { read_only, read_write, create };

class FileSystem {
 public:
  virtual ~FileSystem() = default;
  virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  // Creates the folder and its parents; one that exists is fine.
  virtual Result<> create_folder(const std::string& path) = 0;
  // Names in the folder, sorted, without "." and "..".
  virtual Result<std::vector<std::string>> list(const std::string& folder) = 0;
  // Removes a file or an empty folder; one that does not exist is fine.
  virtual Result<> remove(const std::string& path) = 0;
  // Gives a file another name in the same folder; one that has it already goes.
  virtual Result<> rename(const std::string& from, const std::string& to) = 0;
  // Bytes that can still be written on the disk that holds `path`.
  virtual Result<uint64_t> free_bytes(const std::string& path) = 0;
};

FileSystem& real_file_system();

}  // namespace alloy::queue
