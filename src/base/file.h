// Reading files whole, and noticing that they change.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/task.h"

namespace alloy {

// Files that are configuration, credentials or the like are never this large.
inline constexpr size_t file_bytes_max = size_t{256} << 20;

// The whole content; larger files are refused. Blocks: elsewhere than in main and tests call it
// with run_blocking(). Errors: "open x: no such file or directory" (not_found) and the like.
Result<std::string> read_file(const std::string& path, size_t bytes_max = file_bytes_max);

// Calls `on_change` with the name of each entry of a directory that is made, changed, renamed or
// removed, on the caller's strand, until asked to stop; with "" when it can't be told which, and
// once the watch has begun. Returns an error when the directory can't be watched (any more).
Task<Result<>> watch_directory(std::string directory,
                               std::function<void(std::string_view name)> on_change,
                               StopToken stop);

}  // namespace alloy
