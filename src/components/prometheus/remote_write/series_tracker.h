// Counts the series that are in use, for the metrics about them.
#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "signals/metric_batch.h"

namespace alloy::prometheus::remote_write {

class SeriesTracker {
 public:
  struct Counts {
    uint64_t active = 0;
    uint64_t created = 0;
    uint64_t removed = 0;
  };

  // From any thread.
  void see(const MetricBatch& batch);
  // Gives up the series that nobody has seen since the last sweep but one.
  void sweep();
  Counts counts() const;

 private:
  struct Entry {
    uint32_t uid = 0;  // Made of the series'; 0: none.
    uint32_t period = 0;
  };
  void see(const Series& series, bool ended);

  mutable std::mutex mutex_;    // Guards everything below.
  std::vector<Entry> entries_;  // By slot.
  uint32_t period_ = 0;
  Counts counts_;
};

}  // namespace alloy::prometheus::remote_write
