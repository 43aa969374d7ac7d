// Looks into finished requests: to check what a crash left, and to take out what became too old.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "queue/record.h"

namespace alloy::prometheus::remote_write {

// How many time series a compressed request of protocol 1.0 has; empty if it is damaged.
std::optional<size_t> count_series(std::string_view compressed);

struct FilteredRequest {
  std::string compressed;
  queue::RecordInfo info;      // Of what is left.
  queue::Counts dropped = {};  // What was taken out.
};

// The request without what is older than `time_min_ms`; empty if it is damaged.
std::optional<FilteredRequest> drop_older(std::string_view compressed,
                                          const queue::RecordInfo& info, int64_t time_min_ms);

}  // namespace alloy::prometheus::remote_write
