// The answers of a memcached server to "stats" and its kin, as metrics.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/metrics.h"

namespace alloy::prometheus::exporter_memcached {

struct Statistics {
  // Whole answers: lines of "STAT key value", then "END".
  std::string general;
  std::string items;
  std::string slabs;
  std::string settings;
};

// Whether an answer is whole: its last line ends it, be it with an error.
bool is_whole_answer(std::string_view answer);

// Adds what the server says to `out`; an error if any of it can't be read, what can be is added all
// the same.
Result<> read_statistics(const Statistics& statistics, MetricFamilies& out);

}  // namespace alloy::prometheus::exporter_memcached
