// How far a reader has come, in a file of its own: two slots written in turn, so that a torn write
// costs one step and never the cursor.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "queue/file_system.h"
#include "queue/record.h"

namespace alloy::queue {

struct Cursor {
  uint64_t sequence = 0;  // The next record to deliver; everything before it is done with.
  Counts counted = {};    // Items in the log before that record.

  bool operator==(const Cursor&) const = default;
};

class CursorFile {
 public:
  // What load() found. Without a cursor the file is damaged; without a key it is useless.
  struct Loaded {
    std::string key;
    std::optional<Cursor> cursor;
    std::unique_ptr<CursorFile> file;
  };

  static std::string file_name(std::string_view key);
  static bool is_file_name(std::string_view name);

  static Result<std::unique_ptr<CursorFile>> create(FileSystem& files, const std::string& path,
                                                    std::string_view key, const Cursor& cursor);
  static Result<Loaded> load(FileSystem& files, const std::string& path);

  Result<> store(const Cursor& cursor);

 private:
  CursorFile(std::unique_ptr<File> file, uint64_t generation)
      : file_(std::move(file)), generation_(generation) {}

  std::unique_ptr<File> file_;
  uint64_t generation_;  // Of the newest slot; its lowest bit says which one that is.
};

}  // namespace alloy::queue
