// Looks after the memory that the program may use: measures it, gives back what can be given back
// when it is tight, and says so in the log and on /metrics.
#pragma once

#include <functional>

#include "base/executor.h"
#include "base/log.h"
#include "base/memory_budget.h"
#include "base/metrics.h"

namespace alloy {

class MemoryWatch {
 public:
  // `trim` gives memory that is free inside the program back to the system; it may take a while.
  // All outlive it.
  MemoryWatch(MemoryBudget& budget, Clock& clock, Logger logger, std::function<void()> trim);

  // Until asked to stop; without a limit there is nothing to do. `blocking` is where to trim.
  Task<> run(AnyExecutor blocking, StopToken stop);
  void register_metrics(MetricRegistry& metrics);

  // One look, and whether it is time to give memory back. run() does it four times a second.
  bool look();
  void give_back();

 private:
  void say(MemoryLevel level, SteadyTime now);

  MemoryBudget& budget_;
  Clock& clock_;
  Logger logger_;
  const std::function<void()> trim_;
  Counter relieved_;
  MemoryLevel said_ = MemoryLevel::plenty;  // What the log knows.
  SteadyTime said_at_;
  MemoryLevel relieved_level_ = MemoryLevel::plenty;  // When memory was given back last.
  SteadyTime relieved_at_;
  Duration relief_interval_{};
};

}  // namespace alloy
