#include "base/task.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
// Boost.Asio: any_io_executor counts its owners down with an atomic_thread_fence before it deletes
// (boost/asio/detail/atomic_count.hpp), and fences are the one thing the thread sanitizer does not
// see: it takes the deletion for a race. Nothing else is suppressed.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() {
  return "race:boost::asio::execution::detail::shared_target_executor\n";
}
#endif
#endif

namespace alloy {
namespace asio = boost::asio;

namespace {

using Timer = asio::steady_timer;

// Ends a wait early from any thread. The timer is only touched on its own strand, and its expiry
// moves into the past, so that a wait which begins after this ends at once too.
void expire(const std::shared_ptr<Timer>& timer) {
  asio::post(timer->get_executor(), [timer] { timer->expires_at(Timer::time_point::min()); });
}

Timer::time_point deadline_after(Duration duration) {
  const auto now = Timer::clock_type::now();
  // Far-away deadlines would overflow the clock's range.
  if (duration > Timer::time_point::max() - now) return Timer::time_point::max();
  return now + duration;
}

}  // namespace

Task<Wake> sleep_for(Duration duration, StopToken stop) {
  if (stop.stop_requested()) co_return Wake::stopped;
  auto timer = std::make_shared<Timer>(co_await asio::this_coro::executor);
  timer->expires_at(deadline_after(duration));
  std::stop_callback on_stop(stop, [timer] { expire(timer); });
  boost::system::error_code ignored;
  co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  co_return stop.stop_requested() ? Wake::stopped : Wake::elapsed;
}

struct Event::State {
  std::mutex mutex;  // Guards everything below.
  bool notified = false;
  std::shared_ptr<Timer> waiter;
};

Event::Event() : state_(std::make_shared<State>()) {}
Event::~Event() = default;

void Event::notify() {
  const auto state = state_;
  std::lock_guard lock(state->mutex);
  state->notified = true;
  if (state->waiter) expire(state->waiter);
}

Task<Wake> Event::wait(StopToken stop, Duration timeout) {
  const auto state = state_;
  if (stop.stop_requested()) co_return Wake::stopped;
  auto timer = std::make_shared<Timer>(co_await asio::this_coro::executor);
  {
    std::lock_guard lock(state->mutex);
    if (std::exchange(state->notified, false)) co_return Wake::notified;
    ASSERT(state->waiter == nullptr);
    state->waiter = timer;
  }
  timer->expires_at(deadline_after(timeout));
  {
    std::stop_callback on_stop(stop, [timer] { expire(timer); });
    boost::system::error_code ignored;
    co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  std::lock_guard lock(state->mutex);
  state->waiter = nullptr;
  if (stop.stop_requested()) co_return Wake::stopped;
  co_return std::exchange(state->notified, false) ? Wake::notified : Wake::elapsed;
}

struct TaskGroup::State {
  State(AnyExecutor e, Strands s) : executor(std::move(e)), strands(s) {}
  AnyExecutor executor;
  Strands strands;
  std::atomic<size_t> running = 0;
  Event emptied;
};

TaskGroup::TaskGroup(AnyExecutor executor, Strands strands)
    : state_(std::make_shared<State>(std::move(executor), strands)) {}

TaskGroup::~TaskGroup() { ASSERT(state_->running == 0); }

void TaskGroup::spawn(Task<> task) {
  ++state_->running;
  const AnyExecutor where = state_->strands == Strands::shared
                                ? state_->executor
                                : AnyExecutor(asio::make_strand(state_->executor));
  // Posted: co_spawn alone may run the task at once, under the locks of whoever spawns it.
  asio::post(where, [where, task = std::move(task), state = state_]() mutable {
    asio::co_spawn(where, std::move(task), [state](const std::exception_ptr& thrown) {
      ASSERT(thrown == nullptr);
      if (--state->running == 0) state->emptied.notify();
    });
  });
}

size_t TaskGroup::running() const { return state_->running; }

Task<> TaskGroup::join() {
  while (state_->running > 0) co_await state_->emptied.wait(StopToken{});
}

Gate::Pass& Gate::Pass::operator=(Pass&& other) noexcept {
  std::swap(gate_, other.gate_);
  return *this;
}

Gate::Pass::~Pass() {
  if (gate_) gate_->leave();
}

Gate::Pass Gate::enter() {
  std::lock_guard lock(mutex_);
  if (closed_) return Pass();
  ++inside_;
  return Pass(this);
}

void Gate::leave() {
  std::lock_guard lock(mutex_);
  if (--inside_ == 0 && closed_) emptied_.notify();
}

Task<> Gate::close() {
  while (true) {
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
      if (inside_ == 0) co_return;
    }
    co_await emptied_.wait(StopToken{});
  }
}

}  // namespace alloy
