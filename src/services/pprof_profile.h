// A profile of this process in pprof's format (profile.proto): stacks with values, the names of
// their functions, and what of which file lies where in memory, so that tools can find the rest.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"

namespace alloy {

struct ProfileValueType {
  std::string_view type;  // "cpu"
  std::string_view unit;  // "nanoseconds"
};

class PprofProfile {
 public:
  // What each sample counts, and what distance the samples have.
  PprofProfile(std::vector<ProfileValueType> types, ProfileValueType period_type, uint64_t period);

  // Adds values to those of a stack: return addresses, the innermost first.
  void add(std::span<void* const> stack, std::span<const uint64_t> values);

  // The message, gzipped.
  std::string encode(WallTime started, Duration duration) const;

 private:
  std::vector<ProfileValueType> types_;
  ProfileValueType period_type_;
  uint64_t period_;
  std::map<std::vector<void*>, std::vector<uint64_t>> stacks_;
};

}  // namespace alloy
