// A time limit that is cheap to move: a busy connection sets it for each operation, and the timer
// behind it wakes up only about once a limit.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "base/duration.h"
#include "base/task.h"

namespace alloy::net {

class Deadline {
 public:
  // Calls `on_expired` on `strand`, where all calls must come from too. The destructor may run
  // elsewhere, but then stop() must have come before.
  Deadline(AnyExecutor strand, std::function<void()> on_expired);
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  // From now; zero: no limit.
  void set(Duration limit);
  void clear();
  // For good: `on_expired` is never called again.
  void stop();

 private:
  struct State;
  static void arm(const std::shared_ptr<State>& state);
  std::shared_ptr<State> state_;
};

}  // namespace alloy::net
