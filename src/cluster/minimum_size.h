// Whether a cluster is large enough to be given work (--cluster.wait-for-size, -timeout).
#pragma once

#include <cstddef>
#include <optional>

#include "base/clock.h"

namespace alloy::cluster {

class MinimumSize {
 public:
  // A size of 0 is always reached; a timeout of 0 means to wait for ever.
  MinimumSize(size_t size, Duration timeout, SteadyTime now);

  enum class State : unsigned char { not_ready, ready, deadline_passed };
  // What a change was, for the log.
  enum class Change : unsigned char { none, reached, lost, deadline_passed };

  Change update(size_t nodes, SteadyTime now);
  bool is_ready() const { return state_ != State::not_ready; }
  // When update() has to be called even if nothing else happens.
  std::optional<SteadyTime> deadline() const { return deadline_; }

 private:
  size_t size_;
  Duration timeout_;
  State state_;
  std::optional<SteadyTime> deadline_;
};

}  // namespace alloy::cluster
