// Keeps series alive that come again and again by themselves (pushed, not scraped): without it each
// request would make them anew, and every cache behind would start over.
#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "signals/series.h"

namespace alloy::prometheus {

class SeriesKeeper {
 public:
  explicit SeriesKeeper(SeriesStore& store) : store_(store) {}
  ~SeriesKeeper();
  SeriesKeeper(const SeriesKeeper&) = delete;
  SeriesKeeper& operator=(const SeriesKeeper&) = delete;

  // From any thread.
  void keep(const Series& series);
  // Lets go of the series that nobody has kept since the sweep before the last.
  void sweep();
  size_t size() const;

 private:
  struct Entry {
    SeriesNumber series = no_series;
    uint32_t period = 0;
  };

  SeriesStore& store_;
  mutable std::mutex mutex_;    // Guards everything below.
  std::vector<Entry> entries_;  // By slot: a kept series keeps its slot.
  uint32_t period_ = 0;
  size_t size_ = 0;
};

}  // namespace alloy::prometheus
