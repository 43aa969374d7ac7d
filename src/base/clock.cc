#include "base/clock.h"

#include <list>

namespace alloy {
namespace {

class RealClock final : public Clock {
 public:
  WallTime wall() const override {
    return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
  }
  SteadyTime steady() const override { return std::chrono::steady_clock::now(); }
  Task<Wake> sleep_until(SteadyTime when, StopToken stop) override {
    return sleep_for(when - steady(), std::move(stop));
  }
};

}  // namespace

Task<Wake> Clock::sleep(Duration duration, StopToken stop) {
  const SteadyTime now = steady();
  const SteadyTime when = duration > SteadyTime::max() - now ? SteadyTime::max() : now + duration;
  return sleep_until(when, std::move(stop));
}

Clock& real_clock() {
  static RealClock clock;
  return clock;
}

struct ManualClock::State {
  struct Sleeper {
    SteadyTime when;
    Event woken;
  };

  mutable std::mutex mutex;  // Guards everything below.
  Duration elapsed = Duration::zero();
  std::list<std::shared_ptr<Sleeper>> sleepers;
};

ManualClock::ManualClock() : state_(std::make_shared<State>()) {}
ManualClock::~ManualClock() = default;

WallTime ManualClock::wall() const {
  constexpr WallTime start = std::chrono::sys_days(std::chrono::year(2030) / 1 / 1);
  std::lock_guard lock(state_->mutex);
  return start + state_->elapsed;
}

SteadyTime ManualClock::steady() const {
  std::lock_guard lock(state_->mutex);
  return SteadyTime(state_->elapsed);
}

Task<Wake> ManualClock::sleep_until(SteadyTime when, StopToken stop) {
  const auto state = state_;
  const auto sleeper = std::make_shared<State::Sleeper>();
  sleeper->when = when;
  {
    std::lock_guard lock(state->mutex);
    if (SteadyTime(state->elapsed) >= when) co_return Wake::elapsed;
    state->sleepers.push_back(sleeper);
  }
  const Wake wake = co_await sleeper->woken.wait(stop);
  std::lock_guard lock(state->mutex);
  state->sleepers.remove(sleeper);
  co_return wake == Wake::stopped ? Wake::stopped : Wake::elapsed;
}

void ManualClock::advance(Duration by) {
  std::lock_guard lock(state_->mutex);
  state_->elapsed += by;
  for (const auto& sleeper : state_->sleepers)
    if (sleeper->when <= SteadyTime(state_->elapsed)) sleeper->woken.notify();
}

size_t ManualClock::sleepers() const {
  std::lock_guard lock(state_->mutex);
  return state_->sleepers.size();
}

}  // namespace alloy
