// How often lines come, to notice when they have stopped for unusually long.
#pragma once

#include <vector>

#include "base/clock.h"

namespace alloy::loki {

class LineRhythm {
 public:
  // Lines came.
  void note(SteadyTime now);
  // Begins anew: the time until the next lines says nothing.
  void pause() { has_last_ = false; }
  // Whether the silence since the last lines is thrice as long as usual, and at least six seconds.
  bool is_broken(SteadyTime now) const;

 private:
  Duration average() const;

  std::vector<Duration> gaps_;  // The latest ones; a ring when it is full.
  size_t next_ = 0;
  Duration sum_{};
  SteadyTime last_{};
  bool has_last_ = false;
};

}  // namespace alloy::loki
