// Coroutines, stopping and waiting. Every other file says Task, never the library behind it.
//
// The rules: a coroutine runs on a strand (Executor and TaskGroup see to it), so its own state
// needs no lock; it returns soon after its StopToken asks; whoever starts one waits for it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/duration.h"
#include "base/error.h"

namespace alloy {

template <class T = void>
using Task = boost::asio::awaitable<T>;

using StopSource = std::stop_source;
using StopToken = std::stop_token;
using AnyExecutor = boost::asio::any_io_executor;

// What ended a wait.
enum class Wake : unsigned char { elapsed, notified, stopped };

// Waits for a length of time or until asked to stop. Only from a coroutine on a strand.
Task<Wake> sleep_for(Duration duration, StopToken stop);

// Lets one thread wake a waiting coroutine on another; notifications are sticky and coalesce
// (one notify() before the wait is enough). One waiter at a time.
class Event {
 public:
  Event();
  ~Event();
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  // Wakes the waiter, or the next one to come. From any thread.
  void notify();

  // Waits for a notification, for at most `timeout`.
  Task<Wake> wait(StopToken stop, Duration timeout = Duration::max());

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// Starts tasks and waits for all of them.
class TaskGroup {
 public:
  // Where its tasks run: each on a strand of its own, or all on the given one.
  enum class Strands : unsigned char { one_each, shared };
  explicit TaskGroup(AnyExecutor executor, Strands strands = Strands::one_each);
  ~TaskGroup();  // Asserts that everything has been waited for.
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  // From any thread; returns before the task begins, so that it may be called under a lock. A task
  // must not throw.
  void spawn(Task<> task);
  // How many have not returned yet.
  size_t running() const;
  // Returns when no task is left. Tasks may still be spawned meanwhile; they are waited for too.
  Task<> join();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// Counts what is in progress inside a thing that wants to close: enter() fails once closing began.
class Gate {
 public:
  // Holds the gate open while it lives.
  class Pass {
   public:
    Pass() = default;
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Pass& operator=(Pass&& other) noexcept;
    ~Pass();
    explicit operator bool() const { return gate_ != nullptr; }

   private:
    friend class Gate;
    explicit Pass(Gate* gate) : gate_(gate) {}
    Gate* gate_ = nullptr;
  };

  // An empty Pass when the gate is closed or closing. From any thread.
  Pass enter();
  // Refuses newcomers, then waits until everybody has left.
  Task<> close();

 private:
  void leave();

  std::mutex mutex_;  // Guards everything below.
  size_t inside_ = 0;
  bool closed_ = false;
  Event emptied_;
};

}  // namespace alloy
