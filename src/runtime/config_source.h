// The texts a configuration consists of, and reading them from a file or a directory.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "syntax/source.h"

namespace alloy::runtime {

struct ConfigSource {
  // In the order in which they are merged.
  std::vector<syntax::SourcePointer> files;
  // What the variable `module_path` says: the directory of the files, as the user wrote it.
  std::string module_path;

  // SHA-256 of all bytes, in hex: what alloy_config_hash shows.
  std::string sha256() const;
};

// A single text under the given name.
ConfigSource config_from_text(std::string name, std::string text, std::string module_path = ".");

// Reads a file (with any extension), or all *.alloy files right in a directory, in path order.
// Errors are the reason alone: "open x: no such file or directory".
Result<ConfigSource> read_config(const std::string& path);

}  // namespace alloy::runtime
