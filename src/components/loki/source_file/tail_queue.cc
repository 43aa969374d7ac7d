#include "components/loki/source_file/tail_queue.h"

#include <algorithm>
#include <thread>

namespace alloy::loki::source_file {
namespace {

// Files read side by side: more would only fight for the same disk and the same writer.
constexpr unsigned workers_max = 2;
// For how long a worker holds a thread of the blocking pool.
constexpr Duration turn_max = 20ms;
// Alarms are rounded up to this, so that targets are looked at in groups.
constexpr Duration alarm_grain = 50ms;
// Memory that one huge line has needed is given back.
constexpr size_t buffer_bytes_kept = size_t{1} << 20;

}  // namespace

TailQueue::TailQueue(Executor& executor, Clock& clock,
                     std::function<void(const std::shared_ptr<Tail>&)> on_over)
    : executor_(executor), clock_(clock), on_over_(std::move(on_over)) {
  const unsigned count = std::clamp(std::thread::hardware_concurrency(), 1u, workers_max);
  for (unsigned i = 0; i < count; ++i) workers_.push_back(std::make_unique<Worker>());
}

void TailQueue::wake(std::shared_ptr<Tail> tail) {
  const std::lock_guard lock(mutex_);
  wake_locked(std::move(tail));
}

void TailQueue::wake_locked(std::shared_ptr<Tail> tail) {
  Place& place = places_[tail.get()];
  cancel_alarm(place);
  if (place.state == State::working) place.state = State::woken;
  if (place.state != State::resting) return;
  place.state = State::queued;
  queue_.push_back(std::move(tail));
  for (const auto& worker : workers_) {
    if (!std::exchange(worker->is_idle, false)) continue;
    worker->wake.notify();
    break;
  }
}

void TailQueue::cancel_alarm(Place& place) {
  if (place.alarm) alarms_.erase(*place.alarm);
  place.alarm.reset();
}

std::shared_ptr<Tail> TailQueue::take_next(Worker& worker) {
  const std::lock_guard lock(mutex_);
  worker.is_idle = queue_.empty();
  if (queue_.empty()) return nullptr;
  auto tail = std::move(queue_.front());
  queue_.pop_front();
  places_[tail.get()].state = State::working;
  return tail;
}

void TailQueue::put_back(const std::shared_ptr<Tail>& tail, const Tail::Next& next) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = places_.find(tail.get());
    if (!next.is_over) {
      Place& place = found->second;
      const bool is_woken = std::exchange(place.state, State::resting) == State::woken;
      if (is_woken || next.at_once) return wake_locked(tail);
      const int64_t grain = alarm_grain.count();
      const int64_t due = (clock_.steady() + next.after).time_since_epoch().count();
      const SteadyTime when{Duration((due + grain - 1) / grain * grain)};
      place.alarm = alarms_.emplace(when, tail);
      if (when < next_alarm_) pause_.request_stop();
      return;
    }
    places_.erase(found);
  }
  on_over_(tail);
}

// On a thread that may block.
void TailQueue::take_turns(Worker& worker) {
  const auto end = real_clock().steady() + turn_max;
  while (real_clock().steady() < end) {
    const auto tail = take_next(worker);
    if (tail == nullptr) break;
    put_back(tail, tail->work(worker.buffers));
  }
  if (worker.buffers.bytes.capacity() > buffer_bytes_kept) worker.buffers.bytes = {};
  if (worker.buffers.text.capacity() > buffer_bytes_kept) worker.buffers.text = {};
}

Task<> TailQueue::work(Worker* worker, StopToken stop) {
  while (!stop.stop_requested()) {
    bool is_idle;
    {
      const std::lock_guard lock(mutex_);
      is_idle = worker->is_idle = queue_.empty();
    }
    if (is_idle && co_await worker->wake.wait(stop) != Wake::notified) co_return;
    co_await run_blocking(executor_.blocking(), [this, worker] { take_turns(*worker); });
  }
}

// Wakes those whose time has come.
Task<> TailQueue::ring(StopToken stop) {
  std::stop_callback on_stop(stop, [this] {
    const std::lock_guard lock(mutex_);
    pause_.request_stop();
  });
  while (!stop.stop_requested()) {
    StopToken pause;
    SteadyTime next = SteadyTime::max();
    {
      const std::lock_guard lock(mutex_);
      while (!alarms_.empty() && alarms_.begin()->first <= clock_.steady()) {
        // The alarm goes with the map's entry, which the waking removes.
        auto tail = alarms_.begin()->second;
        wake_locked(std::move(tail));
      }
      if (!alarms_.empty()) next = alarms_.begin()->first;
      next_alarm_ = next;
      pause_ = StopSource();
      if (stop.stop_requested()) co_return;
      pause = pause_.get_token();
    }
    co_await clock_.sleep_until(next, pause);
  }
}

Task<> TailQueue::run(StopToken stop) {
  TaskGroup tasks(executor_.any());
  tasks.spawn(ring(stop));
  for (const auto& worker : workers_) tasks.spawn(work(worker.get(), stop));
  co_await tasks.join();
  const std::lock_guard lock(mutex_);
  queue_.clear();
  alarms_.clear();
  places_.clear();
}

}  // namespace alloy::loki::source_file
