#include "base/executor.h"

#include <pthread.h>
#include <sched.h>

#include <future>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

namespace alloy {
namespace asio = boost::asio;

namespace {

// The cores that this process may use, which a container or taskset can make fewer than there are.
unsigned usable_cores() {
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof cores, &cores) != 0) return std::thread::hardware_concurrency();
  return static_cast<unsigned>(CPU_COUNT(&cores));
}

}  // namespace

struct Executor::State {
  explicit State(unsigned threads, unsigned blocking_threads)
      : io(static_cast<int>(threads)), work(io.get_executor()), blocking_size(blocking_threads) {}

  asio::io_context io;
  asio::executor_work_guard<asio::io_context::executor_type> work;
  std::vector<std::thread> threads;
  unsigned blocking_size;
  std::once_flag blocking_started;
  std::optional<asio::thread_pool> blocking;
};

Executor::Executor(unsigned threads, unsigned blocking_threads) {
  if (threads == 0) threads = std::max(1u, usable_cores());
  state_ = std::make_unique<State>(threads, blocking_threads);
  for (unsigned i = 0; i < threads; ++i) {
    state_->threads.emplace_back([this] { state_->io.run(); });
    pthread_setname_np(state_->threads.back().native_handle(), "pool");
  }
}

Executor::~Executor() {
  state_->io.stop();
  for (auto& thread : state_->threads) thread.join();
  if (state_->blocking) state_->blocking->join();
}

AnyExecutor Executor::any() const { return state_->io.get_executor(); }

AnyExecutor Executor::strand() const { return asio::make_strand(state_->io.get_executor()); }

AnyExecutor Executor::blocking() {
  std::call_once(state_->blocking_started,
                 [this] { state_->blocking.emplace(state_->blocking_size); });
  return state_->blocking->get_executor();
}

void Executor::run(Task<> task) {
  asio::co_spawn(asio::make_strand(state_->io), std::move(task), asio::use_future).get();
}

}  // namespace alloy
