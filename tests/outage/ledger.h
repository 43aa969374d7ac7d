// What has arrived at the sink of the outage test: of each series, which scrapes, in which order.
//
// The value of each sample of the test's targets ends in the number of its scrape, and a label that
// the scraper adds says which target it is of, so that what is missing, repeated or out of order
// shows.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "wire/remote_write.h"

namespace alloy::outage {

// Values are multiples of this and the number of the scrape.
inline constexpr int64_t scrapes_max = 100'000;
inline constexpr std::string_view metric_name = "outage_requests_total";
inline constexpr std::string_view target_label = "target";

class Ledger {
 public:
  Ledger(size_t targets, size_t series_of_target);

  // One request that was accepted. False: it is none.
  bool take(std::string_view compressed, wire::RemoteWriteProtocol protocol);
  // A target is about to answer its next scrape, at this time; returns the scrape's number.
  uint32_t serve(size_t target, int64_t time_ms);

  // As JSON: totals.
  std::string totals() const;
  // As JSON: [target, scrape, when it was served, how many of its samples are missing], of each
  // scrape that is not whole. Times are milliseconds since the epoch.
  std::string missing() const;

 private:
  struct Series {
    uint32_t target = 0;
    uint32_t newest = 0;
    std::vector<bool> arrived;  // By the number of the scrape.
  };
  struct Scrape {
    int64_t served_at_ms = 0;
    uint64_t arrived = 0;
  };

  void take_series(const wire::WriteRequest& request, const wire::WriteRequest::Series& series,
                   bool is_repeated);
  void take_report(uint64_t key, int64_t timestamp_ms);

  size_t series_of_target_;
  std::vector<std::vector<Scrape>> targets_;  // By number of the scrape, from 1 on.
  std::unordered_map<uint64_t, Series> series_;
  std::unordered_set<uint64_t> bodies_;   // By hash.
  std::unordered_set<uint64_t> reports_;  // Samples that come with a scrape: `up` and so on.
  std::string unpacked_;
  wire::WriteRequest request_;
  uint64_t requests_ = 0;
  uint64_t samples_ = 0;
  uint64_t stale_markers_ = 0;
  uint64_t repeated_requests_ = 0;
  uint64_t repeated_in_them_ = 0;  // Samples, as all that follow.
  uint64_t repeated_otherwise_ = 0;
  uint64_t out_of_order_ = 0;
  uint64_t strange_ = 0;  // That no target has served.
};

}  // namespace alloy::outage
