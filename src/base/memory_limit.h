// How much memory the program may use: what GOMEMLIMIT says, or most of what the control group of
// its container or service allows.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace alloy {

struct MemoryLimit {
  uint64_t bytes = 0;  // 0: none.
  std::string source;  // "GOMEMLIMIT", "cgroup"; empty: none.
};

// What Go's runtime takes as GOMEMLIMIT: a number of bytes, with B, KiB, MiB, GiB or TiB behind it
// or not, or "off" (0).
Result<uint64_t> parse_memory_limit(std::string_view text);

// Where to look; tests have their own.
struct MemoryLimitSources {
  std::function<std::optional<std::string>(const char* name)> variable;
  std::string root;  // In front of /proc and /sys.
};
MemoryLimitSources memory_limit_sources();

// GOMEMLIMIT; without it the share of the control group's limit that AUTOMEMLIMIT says ("off", or
// not set: none), or of all memory with AUTOMEMLIMIT_EXPERIMENT=system where no group has a limit.
Result<MemoryLimit> find_memory_limit(const MemoryLimitSources& sources);

// The lowest limit of the process's control groups, of version 1 or 2, and of those around them.
std::optional<uint64_t> cgroup_memory_limit(const std::string& root);

// What the program has in memory now (VmRSS).
uint64_t resident_bytes();

}  // namespace alloy
