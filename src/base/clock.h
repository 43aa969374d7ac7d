// Time as a parameter, so that tests and simulations can turn the clock themselves.
#pragma once

#include <chrono>

#include "base/task.h"

namespace alloy {

using WallTime = std::chrono::sys_time<std::chrono::nanoseconds>;
using SteadyTime = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;

class Clock {
 public:
  virtual ~Clock() = default;
  // The time of day; may jump.
  virtual WallTime wall() const = 0;
  // Never goes backwards; only differences mean something.
  virtual SteadyTime steady() const = 0;
  // Waits until `steady()` has reached `when`, or until asked to stop.
  virtual Task<Wake> sleep_until(SteadyTime when, StopToken stop) = 0;

  Task<Wake> sleep(Duration duration, StopToken stop);
};

// The machine's clock.
Clock& real_clock();

// A clock that stands still until told to move. Wall time starts at 2030-01-01T00:00:00Z.
class ManualClock final : public Clock {
 public:
  ManualClock();
  ~ManualClock() override;

  WallTime wall() const override;
  SteadyTime steady() const override;
  Task<Wake> sleep_until(SteadyTime when, StopToken stop) override;

  // Moves both clocks forward and wakes every sleeper whose time has come.
  void advance(Duration by);
  // How many coroutines are asleep: lets a test wait until the code under test is.
  size_t sleepers() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// Milliseconds since the epoch, the resolution of metric samples.
inline int64_t to_unix_milliseconds(WallTime time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

}  // namespace alloy
