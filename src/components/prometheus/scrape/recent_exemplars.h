// Which exemplars of a target are worth passing on. One stands in the body until the next event,
// and histograms list several; each goes on once, and none after a later one of its series.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>

#include "signals/labels.h"
#include "signals/series.h"

namespace alloy::prometheus::scrape {

class RecentExemplars {
 public:
  // Whether this exemplar has not been passed on yet; it is remembered then. One without a time of
  // its own has that of the sample, which says nothing about whether it is new.
  bool is_news(const Series& series, std::span<const Label> labels, double value, int64_t time_ms,
               bool has_own_time);
  // The series has ended.
  void forget(const Series& series) {
    if (!last_.empty()) last_.erase(series.uid());
  }

 private:
  struct Last {
    uint64_t hash = 0;  // Of labels and value.
    int64_t time_ms = 0;
    bool has_own_time = false;
  };
  std::unordered_map<uint64_t, Last> last_;  // By uid of the series.
};

}  // namespace alloy::prometheus::scrape
