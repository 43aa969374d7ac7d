// How near the program is to the memory it may use, for everybody who would take more.
//
// Who could grow asks before: a scrape before it begins, a server before it reads a request, a
// reader before the next chunk. What each level means for them is in docs/overload.md; what they
// have in common is that they wait or refuse while it is high, so that nothing is ever killed.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string_view>

#include "base/clock.h"

namespace alloy {

// In rising order.
enum class MemoryLevel : unsigned char {
  plenty,
  tight,  // Caches are given back.
  high,   // Pushes are refused: their senders keep what they have.
  full,   // Nothing new is scraped, log sources wait.
  over,   // What is being read is given up.
};
std::string_view name_of(MemoryLevel level);

class MemoryBudget {
 public:
  // `used` tells what the program has in memory; `limit` 0: all is plenty.
  MemoryBudget(uint64_t limit, Clock& clock, std::function<uint64_t()> used);

  // From any thread; cheap, for it is measured at most every ten milliseconds. A level that was
  // reached ends only a bit below where it began.
  MemoryLevel level();
  bool is_at_least(MemoryLevel wanted) { return level() >= wanted; }
  uint64_t limit() const { return limit_; }
  // When it was last measured.
  uint64_t used() const { return used_bytes_.load(std::memory_order_relaxed); }
  // How much more may be taken until it is over; without a limit, any number.
  uint64_t room();

  // Something that can be given back while memory is tight: called now and then as long as what is
  // returned lives, from any thread, never two at a time.
  [[nodiscard]] std::shared_ptr<void> on_tight(std::function<void()> give_back);
  // Calls all of them.
  void give_back();

 private:
  using Callbacks = std::list<std::function<void()>>;
  struct Registry {
    std::mutex mutex;  // Guards everything below.
    Callbacks callbacks;
  };

  void measure();

  const uint64_t limit_;
  Clock& clock_;
  const std::function<uint64_t()> read_used_;
  std::atomic<int64_t> due_ns_ = INT64_MIN;
  std::atomic<uint64_t> used_bytes_ = 0;
  std::atomic<MemoryLevel> level_ = MemoryLevel::plenty;
  std::shared_ptr<Registry> registry_ = std::make_shared<Registry>();
};

}  // namespace alloy
