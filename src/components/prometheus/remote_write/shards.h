// How many requests of one outbox should be on their way side by side.
//
// More than one costs smaller requests and memory, so there are more only while a working endpoint
// falls behind.
#pragma once

#include <algorithm>
#include <cstdint>

#include "components/prometheus/remote_write/arguments.h"

namespace alloy::prometheus::remote_write {

// What the endpoints of an outbox say.
struct ShardLoad {
  size_t backlog = 0;  // Requests that wait for the slowest endpoint that works.
  size_t shards_min = 1;
  size_t shards_max = 1;

  void add(const QueueArguments& queue, uint64_t records_pending, bool is_failing) {
    shards_min = std::max(shards_min, static_cast<size_t>(std::max<int64_t>(queue.min_shards, 1)));
    shards_max = std::max(shards_max, static_cast<size_t>(std::max<int64_t>(queue.max_shards, 1)));
    // One that is down is not helped by more requests.
    if (!is_failing) backlog = std::max<size_t>(backlog, records_pending);
  }
};

class Shards {
 public:
  // Asked at regular intervals.
  size_t next(const ShardLoad& load);

 private:
  static constexpr int rounds_to_grow = 2;
  static constexpr int rounds_to_shrink = 24;
  static constexpr size_t backlog_per_shard = 4;

  size_t shards_ = 1;
  int rounds_behind_ = 0;
  int rounds_idle_ = 0;
};

}  // namespace alloy::prometheus::remote_write
