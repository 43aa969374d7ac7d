// A lock for coroutines: one writer, or any number of readers, in the order in which they came.
#pragma once

#include <deque>
#include <memory>
#include <mutex>

#include "base/task.h"

namespace alloy::runtime {

class AsyncLock {
 public:
  enum class Mode : unsigned char { shared, exclusive };

  // Holds the lock while it lives; may be copied around to hold it for longer.
  using Hold = std::shared_ptr<void>;

  // Waits until it is this caller's turn. The lock must outlive the hold.
  Task<Hold> lock(Mode mode);

 private:
  struct Waiter {
    Mode mode;
    Event ready;
  };
  bool may_enter(Mode mode) const;
  void enter(Mode mode);
  void leave(Mode mode);
  Hold make_hold(Mode mode);

  std::mutex mutex_;  // Guards everything below.
  size_t readers_ = 0;
  bool writing_ = false;
  std::deque<std::shared_ptr<Waiter>> waiting_;
};

}  // namespace alloy::runtime
