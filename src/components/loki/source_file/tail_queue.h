// Gives many targets their turns on few threads: at once, when something has happened to their
// files, or after some time.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "base/executor.h"
#include "components/loki/source_file/tail.h"

namespace alloy::loki::source_file {

class TailQueue {
 public:
  // `on_over` is called with each target that is done for good, on any thread.
  TailQueue(Executor& executor, Clock& clock,
            std::function<void(const std::shared_ptr<Tail>&)> on_over);

  // Gives the target a turn as soon as possible. From any thread.
  void wake(std::shared_ptr<Tail> tail);
  // Works until asked to stop.
  Task<> run(StopToken stop);

 private:
  // One at a time has a turn; who is woken meanwhile gets another one.
  enum class State : unsigned char { resting, queued, working, woken };
  struct Place {
    State state = State::resting;
    std::optional<std::multimap<SteadyTime, std::shared_ptr<Tail>>::iterator> alarm;
  };
  struct Worker {
    Event wake;
    ReadBuffers buffers;
    bool is_idle = true;
  };

  Task<> work(Worker* worker, StopToken stop);
  Task<> ring(StopToken stop);
  void wake_locked(std::shared_ptr<Tail> tail);
  void take_turns(Worker& worker);
  std::shared_ptr<Tail> take_next(Worker& worker);
  void put_back(const std::shared_ptr<Tail>& tail, const Tail::Next& next);
  void cancel_alarm(Place& place);

  Executor& executor_;
  Clock& clock_;
  const std::function<void(const std::shared_ptr<Tail>&)> on_over_;
  std::vector<std::unique_ptr<Worker>> workers_;

  std::mutex mutex_;  // Guards everything below, and Worker::is_idle.
  std::deque<std::shared_ptr<Tail>> queue_;
  std::unordered_map<const Tail*, Place> places_;
  std::multimap<SteadyTime, std::shared_ptr<Tail>> alarms_;
  StopSource pause_;  // Ends the wait for the next alarm.
  SteadyTime next_alarm_ = SteadyTime::max();
};

}  // namespace alloy::loki::source_file
