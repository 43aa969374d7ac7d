#include "services/heap_profile.h"

#include <array>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <execinfo.h>
#include <mutex>
#include <new>
#include <unordered_map>

#include "services/pprof_profile.h"

namespace alloy {
namespace {

constexpr int64_t bytes_between_samples = 512 << 10;
constexpr int frames_max = 48;
// take_sample() and operator new itself.
constexpr int frames_of_sampler = 2;
constexpr size_t live_max = 1 << 17;

struct Allocation {
  size_t bytes = 0;
  std::array<void*, frames_max> stack{};
  int depth = 0;
};

struct Table {
  std::mutex mutex;  // Guards everything below.
  std::unordered_map<void*, Allocation> live;
};

Table& table() {
  static Table* const instance = new Table;  // Never destroyed: memory is freed until the very end.
  return *instance;
}

// How many live samples may hide behind a place: what is 0 need not be looked up. Most frees end
// here.
std::array<std::atomic<uint8_t>, 1 << 16> filter;

std::atomic<uint8_t>& filter_of(void* memory) {
  return filter[reinterpret_cast<uint64_t>(memory) * 0x9e3779b97f4a7c15u >> 48];
}

struct ThreadState {
  int64_t bytes_left = bytes_between_samples;
  uint64_t random = 0;
  bool is_sampling = false;  // What sampling allocates is not sampled.
};
constinit thread_local ThreadState thread_state;

// The distance to the next sample: exponentially distributed, so that no pattern escapes.
int64_t next_distance(ThreadState& state) {
  if (state.random == 0) state.random = reinterpret_cast<uint64_t>(&state) | 1;
  state.random ^= state.random << 13;
  state.random ^= state.random >> 7;
  state.random ^= state.random << 17;
  const double uniform = (static_cast<double>(state.random >> 11) + 1) * 0x1p-53;
  return 1 + static_cast<int64_t>(-std::log(uniform) * bytes_between_samples);
}

[[gnu::noinline, maybe_unused]] void take_sample(void* memory, size_t bytes) {
  ThreadState& state = thread_state;
  if (state.is_sampling) return;
  state.is_sampling = true;
  state.bytes_left = next_distance(state);
  Allocation allocation{.bytes = bytes};
  allocation.depth = ::backtrace(allocation.stack.data(), frames_max);
  auto& count = filter_of(memory);
  {
    std::lock_guard lock(table().mutex);
    if (table().live.size() < live_max && count < 255) {
      table().live.emplace(memory, allocation);
      ++count;
    }
  }
  state.is_sampling = false;
}

[[gnu::noinline, maybe_unused]] void forget_sample(void* memory) {
  ThreadState& state = thread_state;
  if (state.is_sampling) return;
  state.is_sampling = true;
  {
    std::lock_guard lock(table().mutex);
    if (table().live.erase(memory) > 0) --filter_of(memory);
  }
  state.is_sampling = false;
}

}  // namespace

std::string heap_profile() {
  ThreadState& state = thread_state;
  std::vector<Allocation> live;
  {
    state.is_sampling = true;
    std::lock_guard lock(table().mutex);
    for (const auto& [memory, allocation] : table().live) live.push_back(allocation);
    state.is_sampling = false;
  }
  PprofProfile profile({{"inuse_objects", "count"}, {"inuse_space", "bytes"}}, {"space", "bytes"},
                       bytes_between_samples);
  for (const Allocation& allocation : live) {
    // A sample stands for all allocations of its size that were passed over.
    const auto bytes = static_cast<double>(allocation.bytes);
    const double scale = 1 / (1 - std::exp(-bytes / static_cast<double>(bytes_between_samples)));
    const uint64_t values[] = {static_cast<uint64_t>(scale), static_cast<uint64_t>(scale * bytes)};
    const int skipped = std::min(frames_of_sampler, allocation.depth);
    profile.add(
        {allocation.stack.data() + skipped, static_cast<size_t>(allocation.depth - skipped)},
        values);
  }
  return profile.encode(real_clock().wall(), Duration::zero());
}

}  // namespace alloy

#if !defined(__has_feature)
#define __has_feature(feature) 0
#endif
#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)

void* operator new(size_t bytes) {
  void* memory = std::malloc(bytes > 0 ? bytes : 1);
  if (memory == nullptr) throw std::bad_alloc();
  if ((alloy::thread_state.bytes_left -= static_cast<int64_t>(bytes)) < 0) [[unlikely]]
    alloy::take_sample(memory, bytes);
  return memory;
}

void operator delete(void* memory) noexcept {
  if (alloy::filter_of(memory).load(std::memory_order_relaxed) != 0) [[unlikely]]
    alloy::forget_sample(memory);
  std::free(memory);
}

void operator delete(void* memory, size_t) noexcept { ::operator delete(memory); }

#endif
