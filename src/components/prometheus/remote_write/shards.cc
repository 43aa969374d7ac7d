#include "components/prometheus/remote_write/shards.h"

namespace alloy::prometheus::remote_write {

size_t Shards::next(const ShardLoad& load) {
  const bool behind = load.backlog > backlog_per_shard * shards_;
  rounds_behind_ = behind ? rounds_behind_ + 1 : 0;
  rounds_idle_ = load.backlog <= 1 ? rounds_idle_ + 1 : 0;
  if (rounds_behind_ >= rounds_to_grow) {
    shards_ *= 2;
    rounds_behind_ = 0;
  } else if (rounds_idle_ >= rounds_to_shrink) {
    shards_ = (shards_ + 1) / 2;
    rounds_idle_ = 0;
  }
  shards_ = std::clamp(shards_, std::min(load.shards_min, load.shards_max), load.shards_max);
  return shards_;
}

}  // namespace alloy::prometheus::remote_write
