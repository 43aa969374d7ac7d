// Who may begin, and who waits.
#include "services/scrape_gate.h"

#include <algorithm>

namespace alloy {
namespace {

// How often the threads are asked whether they have time, while scrapes wait for that, or only for
// memory.
constexpr Duration probe_interval = 5ms;
constexpr Duration memory_interval = 50ms;
// A timer that goes off so late found the threads idle, or busy for too long.
constexpr Duration on_time = 1ms;
constexpr Duration too_late = 4ms;
// As many as begin with, and remain: so many times the least.
constexpr double window_start = 4;
// So much room there is to be for each target that is scraped for the first time.
constexpr uint64_t new_bytes = 2 << 20;
constexpr double window_max = 10'000;
// The window grows and shrinks by this part of it.
constexpr double step = 1.0 / 8;
constexpr double average_weight = 1.0 / 16;

}  // namespace

struct ScrapeGate::Waiter {
  Turn turn;
  SteadyTime since;
  StopSource wake;
  bool is_admitted = false;  // Guarded by the gate's mutex.
};

ScrapeGate::ScrapeGate(Clock& clock, MemoryBudget& memory, unsigned threads)
    : clock_(clock),
      memory_(memory),
      window_min_(2 + 2 * threads),
      window_(window_start * window_min_) {}

// Those that need memory get it while there is some, a few at a time.
bool ScrapeGate::has_room(bool needs_memory) {
  if (static_cast<double>(under_way_) >= window_) return false;
  if (needs_memory && new_under_way_ > 0 && memory_.room() / new_bytes <= new_under_way_)
    return false;
  return !needs_memory || !memory_.is_at_least(MemoryLevel::full);
}

void ScrapeGate::take(const Turn& turn, double intervals_waited) {
  ++under_way_;
  if (turn.needs_memory) ++new_under_way_;
  waited_ += (intervals_waited - waited_) * average_weight;
}

Task<ScrapeGate::Verdict> ScrapeGate::enter(Turn* turn, SteadyTime until, StopToken stop) {
  const auto waiter = std::make_shared<Waiter>();
  {
    const std::lock_guard lock(mutex_);
    waiter->since = clock_.steady();
    if (waiting_[turn->needs_memory].empty() && has_room(turn->needs_memory)) {
      turn->place.reset();
      take(*turn, 0);
      co_return Verdict::admitted;
    }
    // Who waits for longer, as measured by its interval, comes first.
    if (!turn->place) {
      const double allowed = waited_ * static_cast<double>(turn->interval.count());
      turn->place = waiter->since.time_since_epoch().count() + static_cast<int64_t>(allowed);
    }
    waiter->turn = *turn;
    waiting_[turn->needs_memory].emplace(*turn->place, waiter);
  }
  crowded_.notify();
  // Not under the lock, which the metrics take themselves.
  if (metrics_ != nullptr)
    std::call_once(are_metrics_registered_, [this] { register_metrics(*metrics_); });
  {
    const std::stop_callback on_stop(stop, [&] { waiter->wake.request_stop(); });
    co_await clock_.sleep_until(until, waiter->wake.get_token());
  }
  const std::lock_guard lock(mutex_);
  if (waiter->is_admitted) {
    turn->place.reset();
    co_return Verdict::admitted;
  }
  Queue& queue = waiting_[turn->needs_memory];
  const auto [first, last] = queue.equal_range(*turn->place);
  queue.erase(std::find_if(first, last, [&](const auto& entry) { return entry.second == waiter; }));
  if (stop.stop_requested()) co_return Verdict::interrupted;
  const bool lacks_memory = turn->needs_memory && memory_.is_at_least(MemoryLevel::full);
  co_return lacks_memory ? Verdict::no_memory : Verdict::overloaded;
}

void ScrapeGate::admit_waiting() {
  for (;;) {
    Queue* next = nullptr;
    for (const bool needs_memory : {false, true}) {
      Queue& queue = waiting_[needs_memory];
      if (queue.empty() || !has_room(needs_memory)) continue;
      if (next == nullptr || queue.begin()->first < next->begin()->first) next = &queue;
    }
    if (next == nullptr) return;
    const std::shared_ptr<Waiter> waiter = std::move(next->begin()->second);
    next->erase(next->begin());
    const Duration waited = clock_.steady() - waiter->since;
    take(waiter->turn,
         static_cast<double>(waited.count()) /
             static_cast<double>(std::max<int64_t>(1, waiter->turn.interval.count())));
    waiter->is_admitted = true;
    waiter->wake.request_stop();
  }
}

void ScrapeGate::leave(const Turn& turn) {
  const std::lock_guard lock(mutex_);
  --under_way_;
  if (turn.needs_memory) --new_under_way_;
  admit_waiting();
  // What slow targets once needed is more than enough when they have gone.
  const double usual = window_start * window_min_;
  if (window_ > usual && static_cast<double>(under_way_) < window_ / 2)
    window_ = std::max(usual, window_ * (1 - average_weight / 4));
}

// Draws the consequences of a timer that was so late; returns when to set the next, or 0.
Duration ScrapeGate::probe(Duration late) {
  const std::lock_guard lock(mutex_);
  const bool is_crowded = static_cast<double>(under_way_) >= window_;
  const double change = std::max(1.0, window_ * step);
  if (is_crowded && late < on_time) window_ = std::min(window_max, window_ + change);
  if (late > too_late) window_ = std::max(window_min_, window_ - change);
  admit_waiting();
  if (!waiting_[false].empty() || (!waiting_[true].empty() && is_crowded)) return probe_interval;
  return waiting_[true].empty() ? Duration::zero() : memory_interval;
}

Task<> ScrapeGate::run(StopToken stop) {
  while (co_await crowded_.wait(stop) == Wake::notified) {
    for (Duration wait = probe_interval; wait != Duration::zero();) {
      const SteadyTime due = clock_.steady() + wait;
      if (co_await clock_.sleep_until(due, stop) != Wake::elapsed) co_return;
      wait = probe(clock_.steady() - due);
    }
  }
}

void ScrapeGate::register_metrics(MetricRegistry& metrics) {
  const auto gauge = [&](std::string_view name, std::string_view help, auto read) {
    metrics.function(name, help, MetricType::gauge, [this, read] {
      const std::lock_guard lock(mutex_);
      return static_cast<double>(read(*this));
    });
  };
  gauge("alloy_scrapes_under_way", "Scrapes that have begun and not ended.",
        [](const ScrapeGate& gate) { return gate.under_way_; });
  gauge("alloy_scrapes_waiting", "Scrapes that wait for others to end, or for memory.",
        [](const ScrapeGate& gate) {
          return gate.waiting_[false].size() + gate.waiting_[true].size();
        });
  gauge("alloy_scrapes_under_way_limit", "So many scrapes may be under way just now.",
        [](const ScrapeGate& gate) { return gate.window_; });
}

}  // namespace alloy
