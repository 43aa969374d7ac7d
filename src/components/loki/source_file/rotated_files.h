// Where a file has gone that is no longer under its path, and which others came between it and the
// one that is there now. Everything blocks.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "components/loki/source_file/file_identity.h"

namespace alloy::loki::source_file {

struct FoundFile {
  std::string path;
  Descriptor file;
  FileInfo info;
};

// Whether `name` is what rotation makes of `original`: app.log.1, app.log-20240131, app-2.log,
// app.log.old. Compressed ones are not.
bool is_rotated_name(std::string_view original, std::string_view name);

// The file with this identity, under whatever name in the directory of `path`.
std::optional<FoundFile> find_renamed(const std::string& path, const Identity& identity);

// The files beside `path` at one moment, to look for many without listing the directory each time.
class Neighbours {
 public:
  explicit Neighbours(const std::string& path);
  // As find_renamed(), which does the work if the file is not where it was.
  std::optional<FoundFile> find(const Identity& identity) const;

 private:
  const std::string path_;
  std::unordered_map<uint64_t, std::string> names_;  // By the number of the inode.
};

// Whether it is the file that an earlier run knew by this identity.
bool is_same_file(const FoundFile& found, const Identity& identity);

// The newest rotated file beside `path` that has at least `size` bytes and that `is_alike` agrees
// to: a copy that was made before the original was truncated. `except` is the original.
std::optional<FoundFile> find_copy(const std::string& path, int64_t size, Inode except,
                                   const std::function<bool(const FoundFile&)>& is_alike);

// The rotated files beside `path` that were made between two moments, older ones first. Those whose
// time of making equals one of the moments are among them.
std::vector<FoundFile> find_between(const std::string& path, int64_t after_ns, int64_t before_ns);

// Whether the first `size` bytes of two files are the same (of very many, the first megabyte).
bool begin_alike(int left, int right, int64_t size);

}  // namespace alloy::loki::source_file
