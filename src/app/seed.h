// The installation's own id, kept in <storage>/alloy_seed.json across restarts.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/error.h"

namespace alloy::app {

struct Seed {
  std::string uid;      // A random UUID.
  Result<> is_written;  // Why it could not be kept, if so.
};

// Reads the file, or makes it (and the storage directory) with a new id of this version.
Seed load_seed(const std::string& storage_path, std::string_view version, Clock& clock);

}  // namespace alloy::app
