// Lets scrapes begin, as many as the program can work on: what is more waits in one queue, fairly,
// instead of everything being begun and nothing finished in time.
//
// How many may be under way is found out by trying. While somebody waits, a timer tells whether the
// threads have time to spare: if it goes off on time, more scrapes may be under way; if it is late,
// fewer. Slow targets need no thread, so they raise the number and hold nobody back.
//
// A target waits at most until its next scrape is due; then the one it waits for is shed as a
// whole, and the target keeps its place in the queue for the next. So all targets get their turn in
// proportion to what they ask for: with twice as much to do as can be done, every second scrape.
//
// With too little memory, targets whose series are not known yet wait, as the known ones need
// nothing more. For each that waits, one that has just been scraped gives up its series: the places
// in memory go round.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "base/clock.h"
#include "base/memory_budget.h"
#include "base/metrics.h"

namespace alloy {

class ScrapeGate {
 public:
  // A target's way through the gate; it keeps this from one scrape to the next.
  struct Turn {
    Duration interval{};
    bool needs_memory = false;     // It has no series yet.
    std::optional<int64_t> place;  // In the queue, while it waits.
  };
  enum class Verdict : unsigned char {
    admitted,     // leave() is due when the scrape is over.
    overloaded,   // `until` has come: the program is behind.
    no_memory,    // The same, and it would need memory that there isn't.
    interrupted,  // Asked to stop waiting.
  };

  // `threads`: how many do the work. The clock and the budget outlive it.
  ScrapeGate(Clock& clock, MemoryBudget& memory, unsigned threads);

  // Waits for the permission to begin. From any strand.
  Task<Verdict> enter(Turn* turn, SteadyTime until, StopToken stop);
  // A scrape that was admitted is over.
  void leave(const Turn& turn);

  // Finds out how much may be done while somebody waits, until asked to stop.
  Task<> run(StopToken stop);

  void register_metrics(MetricRegistry& metrics);
  // Registers them once a scrape has had to wait.
  void set_metrics(MetricRegistry& metrics) { metrics_ = &metrics; }

 private:
  struct Waiter;
  using Queue = std::multimap<int64_t, std::shared_ptr<Waiter>>;  // By place.

  bool has_room(bool needs_memory);
  void take(const Turn& turn, double intervals_waited);
  void admit_waiting();
  Duration probe(Duration late);

  Clock& clock_;
  MemoryBudget& memory_;
  const double window_min_;
  MetricRegistry* metrics_ = nullptr;
  std::once_flag are_metrics_registered_;
  Event crowded_;             // Somebody waits.
  mutable std::mutex mutex_;  // Guards everything below.
  size_t under_way_ = 0;
  size_t new_under_way_ = 0;  // Of these, those that need memory.
  double window_;             // So many may be under way.
  double waited_ = 0;         // How many intervals scrapes wait on average just now.
  Queue waiting_[2];          // With the second, those that need memory.
};

}  // namespace alloy
