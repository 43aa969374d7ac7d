// The fixed pool of threads that all coroutines run on, and a small one for calls that block.
#pragma once

#include <functional>
#include <memory>

#include <boost/asio/co_spawn.hpp>

#include "base/task.h"

namespace alloy {

class Executor {
 public:
  // Starts `threads` threads (0: one a core). Blocking calls have at most `blocking_threads`,
  // started when first needed.
  explicit Executor(unsigned threads = 0, unsigned blocking_threads = 4);
  ~Executor();  // Stops at once and joins the threads; running tasks are abandoned.
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  AnyExecutor any() const;
  // An executor on which nothing runs side by side.
  AnyExecutor strand() const;
  // The pool for calls that block (files of unknown speed, name lookups, git).
  AnyExecutor blocking();

  // Runs a task on the pool and waits for it from outside (main, tests).
  void run(Task<> task);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Runs `call` on `blocking` and gives its result back on the caller's strand.
template <class F, class T = std::invoke_result_t<F>>
Task<T> run_blocking(AnyExecutor blocking, F call) {
  struct Call {
    static Task<T> invoke(F f) { co_return f(); }
  };
  co_return co_await boost::asio::co_spawn(blocking, Call::invoke(std::move(call)),
                                           boost::asio::use_awaitable);
}

}  // namespace alloy
