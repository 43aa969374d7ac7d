#include "services/cpu_profile.h"

#include <atomic>
#include <csignal>
#include <ctime>
#include <execinfo.h>

#include "services/pprof_profile.h"

namespace alloy {
namespace {

constexpr int samples_a_second = 100;
constexpr size_t frames_max = 62;
// The handler and the kernel's frame that called it.
constexpr size_t frames_of_handler = 2;
constexpr size_t samples_max = 8'000;

struct Sample {
  std::atomic<int> depth = 0;  // 0 until the stack is complete.
  void* stack[frames_max];
};

// What the signal handler writes to; made when first needed and kept, since a late signal may still
// look at it.
struct Buffer {
  std::atomic<size_t> used = 0;
  Sample samples[samples_max];
};

std::atomic<Buffer*> active_buffer = nullptr;
std::atomic<bool> is_profiling = false;

void take_sample(int) {
  const int saved_errno = errno;
  if (Buffer* buffer = active_buffer.load()) {
    const size_t at = buffer->used.fetch_add(1);
    if (at < samples_max) {
      Sample& sample = buffer->samples[at];
      sample.depth.store(::backtrace(sample.stack, frames_max), std::memory_order_release);
    }
  }
  errno = saved_errno;
}

// Sends SIGPROF as the process uses CPU time, as long as it lives.
class Sampler {
 public:
  explicit Sampler(Buffer& buffer) {
    // The first call loads a library, which a signal handler must not do.
    void* warm[1];
    ::backtrace(warm, 1);
    active_buffer = &buffer;
    struct sigaction action{};
    action.sa_handler = take_sample;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    ASSERT(::sigaction(SIGPROF, &action, nullptr) == 0);
    sigevent event{};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGPROF;
    ASSERT(::timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &timer_) == 0);
    constexpr long interval = 1'000'000'000 / samples_a_second;
    const itimerspec times{.it_interval = {0, interval}, .it_value = {0, interval}};
    ASSERT(::timer_settime(timer_, 0, &times, nullptr) == 0);
  }
  ~Sampler() {
    ::timer_delete(timer_);
    active_buffer = nullptr;
  }
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;

 private:
  timer_t timer_{};
};

PprofProfile build(const Buffer& buffer) {
  constexpr uint64_t period = 1'000'000'000 / samples_a_second;
  PprofProfile profile({{"samples", "count"}, {"cpu", "nanoseconds"}}, {"cpu", "nanoseconds"},
                       period);
  const uint64_t values[] = {1, period};
  const size_t count = std::min(buffer.used.load(), samples_max);
  for (size_t i = 0; i < count; ++i) {
    const Sample& sample = buffer.samples[i];
    const auto depth = static_cast<size_t>(sample.depth.load(std::memory_order_acquire));
    if (depth <= frames_of_handler) continue;
    profile.add({sample.stack + frames_of_handler, depth - frames_of_handler}, values);
  }
  return profile;
}

}  // namespace

Task<Result<std::string>> profile_cpu(Duration duration, StopToken stop) {
  if (is_profiling.exchange(true)) co_return fail("cpu profiling already in use");
  static const auto buffer = std::make_unique<Buffer>();
  buffer->used = 0;
  for (Sample& sample : buffer->samples) sample.depth = 0;
  const WallTime started = real_clock().wall();
  {
    const Sampler sampler(*buffer);
    co_await sleep_for(duration, stop);
  }
  const PprofProfile profile = build(*buffer);
  is_profiling = false;
  co_return profile.encode(started, real_clock().wall() - started);
}

}  // namespace alloy
