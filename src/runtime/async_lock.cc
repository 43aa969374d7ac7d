#include "runtime/async_lock.h"

namespace alloy::runtime {

bool AsyncLock::may_enter(Mode mode) const {
  return !writing_ && (mode == Mode::shared || readers_ == 0);
}

void AsyncLock::enter(Mode mode) {
  if (mode == Mode::shared)
    ++readers_;
  else
    writing_ = true;
}

AsyncLock::Hold AsyncLock::make_hold(Mode mode) {
  return {this, [mode](AsyncLock* lock) { lock->leave(mode); }};
}

Task<AsyncLock::Hold> AsyncLock::lock(Mode mode) {
  const auto waiter = std::make_shared<Waiter>(mode);
  {
    std::lock_guard guard(mutex_);
    if (waiting_.empty() && may_enter(mode)) {
      enter(mode);
      co_return make_hold(mode);
    }
    waiting_.push_back(waiter);
  }
  while (co_await waiter->ready.wait(StopToken{}) != Wake::notified) continue;
  co_return make_hold(mode);
}

void AsyncLock::leave(Mode mode) {
  std::lock_guard guard(mutex_);
  if (mode == Mode::shared)
    --readers_;
  else
    writing_ = false;
  while (!waiting_.empty() && may_enter(waiting_.front()->mode)) {
    enter(waiting_.front()->mode);
    waiting_.front()->ready.notify();
    waiting_.pop_front();
  }
}

}  // namespace alloy::runtime
