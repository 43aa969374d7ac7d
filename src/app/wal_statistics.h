// What lies in the queue of a prometheus.remote_write on disk: its series, and how many samples of
// which time there are of each. Reads only; the program may be writing meanwhile.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace alloy::app {

struct WalSeries {
  std::vector<std::pair<std::string, std::string>> labels;  // By name.
  int64_t oldest_ms = std::numeric_limits<int64_t>::max();
  int64_t newest_ms = std::numeric_limits<int64_t>::min();
  uint64_t samples = 0;  // Histograms are some, too.

  // Empty if it has no such label.
  std::string_view label(std::string_view name) const;
};

struct WalStatistics {
  std::vector<WalSeries> series;  // By their labels.
  uint64_t first_segment = 0;     // Numbers of the segments' first records.
  uint64_t last_segment = 0;
};

// `directory` is that of the component (below --storage.path) or one within it. What several
// endpoints get with settings of their own lies there several times, and is counted as often.
Result<WalStatistics> read_wal(const std::string& directory);

}  // namespace alloy::app
