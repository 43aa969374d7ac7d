#include "cluster/timings.h"

#include <algorithm>
#include <cmath>

namespace alloy::cluster {
namespace {

constexpr int retransmit_multiplier = 4;
constexpr int suspicion_multiplier = 4;
constexpr int suspicion_max_multiplier = 6;
constexpr Duration push_pull_base = 30s;
// Above this size exchanges become rarer.
constexpr size_t push_pull_scale_threshold = 32;

}  // namespace

int retransmit_limit(size_t nodes) {
  return retransmit_multiplier *
         static_cast<int>(std::ceil(std::log10(static_cast<double>(nodes + 1))));
}

Duration push_pull_interval(size_t nodes) {
  if (nodes <= push_pull_scale_threshold) return push_pull_base;
  const double steps = std::ceil(std::log2(static_cast<double>(nodes)) -
                                 std::log2(static_cast<double>(push_pull_scale_threshold))) +
                       1;
  return push_pull_base * static_cast<int64_t>(steps);
}

SuspicionTimes suspicion_times(size_t nodes) {
  const double scale = std::max(1.0, std::log10(std::max(1.0, static_cast<double>(nodes))));
  // Milliseconds: the original truncates the scale to three decimals.
  const auto milliscale = static_cast<int64_t>(scale * 1000);
  const Duration min = suspicion_multiplier * milliscale * (probe_interval / 1000);
  constexpr int wanted = suspicion_multiplier - 2;
  return {min, suspicion_max_multiplier * min,
          static_cast<int64_t>(nodes) - 2 < wanted ? 0 : wanted};
}

Duration SuspicionTimes::after(int confirmations) const {
  if (confirmations_wanted == 0) return min;
  const double fraction = std::log(confirmations + 1.0) / std::log(confirmations_wanted + 1.0);
  const double seconds = std::chrono::duration<double>(max).count() -
                         fraction * std::chrono::duration<double>(max - min).count();
  const Duration timeout =
      std::chrono::milliseconds(static_cast<int64_t>(std::floor(1000 * seconds)));
  return std::max(timeout, min);
}

}  // namespace alloy::cluster
