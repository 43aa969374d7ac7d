#include "base/task.h"

#include <doctest/doctest.h>

#include "base/clock.h"
#include "base/executor.h"

namespace alloy {
namespace {

Task<> wait_for_event(Event& event, StopToken stop, Wake& out) { out = co_await event.wait(stop); }

Task<> sleep_on(Clock& clock, Duration duration, StopToken stop, Wake& out) {
  out = co_await clock.sleep(duration, stop);
}

Task<> join(TaskGroup& group) { co_await group.join(); }

TEST_CASE("an event that was notified before the wait ends the wait at once") {
  Executor executor(2);
  Event event;
  event.notify();
  Wake wake = Wake::elapsed;
  executor.run(wait_for_event(event, StopToken{}, wake));
  CHECK(wake == Wake::notified);
}

TEST_CASE("a stop request ends every wait of a group") {
  Executor executor(2);
  TaskGroup group(executor.any());
  StopSource stop;
  Event event;
  Wake waited = Wake::elapsed;
  Wake slept = Wake::elapsed;
  group.spawn(wait_for_event(event, stop.get_token(), waited));
  group.spawn(sleep_on(real_clock(), 1h, stop.get_token(), slept));
  stop.request_stop();
  executor.run(join(group));
  CHECK(waited == Wake::stopped);
  CHECK(slept == Wake::stopped);
}

TEST_CASE("a manual clock wakes exactly the sleepers whose time has come") {
  Executor executor(1);
  ManualClock clock;
  TaskGroup group(executor.any());
  StopSource stop;
  Wake soon = Wake::stopped;
  Wake late = Wake::elapsed;
  group.spawn(sleep_on(clock, 1s, StopToken{}, soon));
  group.spawn(sleep_on(clock, 1min, stop.get_token(), late));
  while (clock.sleepers() < 2) std::this_thread::yield();
  clock.advance(1s);
  while (group.running() > 1) std::this_thread::yield();
  CHECK(soon == Wake::elapsed);
  stop.request_stop();
  executor.run(join(group));
  CHECK(late == Wake::stopped);
}

Task<> lock_for_a_moment(std::mutex* mutex) {
  std::lock_guard lock(*mutex);
  co_return;
}

Task<> spawn_under_lock(TaskGroup* group, std::mutex* mutex) {
  std::lock_guard lock(*mutex);
  group->spawn(lock_for_a_moment(mutex));
  co_return;
}

TEST_CASE("a task may be spawned under a lock that it takes itself") {
  Executor executor(1);
  TaskGroup group(executor.any());
  std::mutex mutex;
  executor.run(spawn_under_lock(&group, &mutex));
  executor.run(join(group));
  CHECK(group.running() == 0);
}

TEST_CASE("a closed gate refuses newcomers and waits for those inside") {
  Gate gate;
  Executor executor(1);
  {
    const Gate::Pass pass = gate.enter();
    CHECK(static_cast<bool>(pass));
  }
  executor.run(gate.close());
  CHECK_FALSE(static_cast<bool>(gate.enter()));
}

}  // namespace
}  // namespace alloy
