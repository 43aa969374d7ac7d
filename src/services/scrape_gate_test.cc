#include "services/scrape_gate.h"

#include <algorithm>
#include <deque>
#include <thread>

#include <doctest/doctest.h>

#include "base/executor.h"

namespace alloy {
namespace {

using Verdict = ScrapeGate::Verdict;

// A target that asks for a scrape at each interval, as prometheus.scrape does.
struct Visitor {
  ScrapeGate::Turn turn{.interval = 10s};
  std::atomic<int> scrapes = 0;
  std::atomic<int> shed = 0;
  std::atomic<int> lacked_memory = 0;
  std::atomic<bool> is_under_way = false;
  std::atomic<bool> is_waiting = false;
  StopSource stop;
};

struct Fixture {
  Executor executor{1};
  ManualClock clock;
  std::atomic<uint64_t> used = 0;
  MemoryBudget memory{1000, clock, [this] { return used.load(); }};
  ScrapeGate gate{clock, memory, 1};
  MetricRegistry metrics;
  StopSource stop;
  TaskGroup tasks{executor.any()};
  std::deque<Visitor> visitors;

  Fixture() { gate.register_metrics(metrics); }
  ~Fixture() {
    stop.request_stop();
    for (Visitor& visitor : visitors) visitor.stop.request_stop();
    executor.run(tasks.join());
  }

  static Task<> ask(Fixture* self, Visitor* visitor) {
    const SteadyTime until = self->clock.steady() + visitor->turn.interval;
    const Verdict verdict =
        co_await self->gate.enter(&visitor->turn, until, visitor->stop.get_token());
    if (verdict == Verdict::admitted) ++visitor->scrapes;
    if (verdict == Verdict::overloaded) ++visitor->shed;
    if (verdict == Verdict::no_memory) ++visitor->lacked_memory;
    visitor->is_under_way = verdict == Verdict::admitted;
    visitor->is_waiting = false;
  }
  double waiting() const {
    MetricFamilies families;
    metrics.collect(families);
    return families.at("alloy_scrapes_waiting").samples.at(0).value;
  }
  // The visitor asks; it is through, or waits, when this returns.
  void enter(Visitor& visitor) {
    const double before = waiting();
    visitor.is_waiting = true;
    tasks.spawn(ask(this, &visitor));
    while (visitor.is_waiting && waiting() == before) std::this_thread::yield();
  }
  Visitor& add(bool needs_memory = false) {
    Visitor& visitor = visitors.emplace_back();
    visitor.turn.needs_memory = needs_memory;
    enter(visitor);
    return visitor;
  }
  void leave(Visitor& visitor) {
    visitor.is_under_way = false;
    gate.leave(visitor.turn);
  }
  bool comes_true(const std::function<bool()>& condition) {
    for (int i = 0; i < 20'000 && !condition(); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return condition();
  }
  // As many as may be under way at the start.
  std::vector<Visitor*> fill() {
    std::vector<Visitor*> inside;
    for (;;) {
      Visitor& visitor = add();
      if (!visitor.is_under_way) return inside;
      inside.push_back(&visitor);
    }
  }
};

TEST_CASE_FIXTURE(Fixture, "scrapes begin at once while few are under way") {
  CHECK(add().is_under_way);
  CHECK(add(true).is_under_way);
}

TEST_CASE_FIXTURE(Fixture, "a scrape that ends lets the one begin that waits for longest") {
  const auto inside = fill();
  Visitor& first = visitors.back();
  clock.advance(1s);
  Visitor& second = add();
  leave(*inside[0]);
  CHECK(comes_true([&] { return first.is_under_way.load(); }));
  CHECK_FALSE(second.is_under_way);
  leave(*inside[1]);
  CHECK(comes_true([&] { return second.is_under_way.load(); }));
}

TEST_CASE_FIXTURE(Fixture, "a scrape that has not begun when the next is due is shed") {
  const auto inside = fill();
  Visitor& late = visitors.back();
  clock.advance(10s);
  CHECK(comes_true([&] { return late.shed == 1; }));
  // It has kept its place: whoever came meanwhile is behind it.
  Visitor& other = add();
  enter(late);
  leave(*inside[0]);
  CHECK(comes_true([&] { return late.is_under_way.load(); }));
  CHECK_FALSE(other.is_under_way);
}

TEST_CASE_FIXTURE(Fixture, "targets take turns when there is more to do than can be done") {
  const auto inside = fill();
  visitors.back().stop.request_stop();
  REQUIRE(comes_true([&] { return !visitors.back().is_waiting; }));
  std::vector<Visitor*> targets;
  for (int i = 0; i < 6; ++i) targets.push_back(&add());
  // Half of them can be scraped in an interval.
  for (int interval = 0; interval < 8; ++interval) {
    for (int i = 0; i < 3; ++i) {
      const auto under_way = [&] {
        return std::ranges::find_if(targets, [](Visitor* v) { return v->is_under_way.load(); });
      };
      if (interval + i == 0) leave(*inside[0]);
      REQUIRE(comes_true([&] { return under_way() != targets.end(); }));
      Visitor* done = *under_way();
      leave(*done);
      REQUIRE(comes_true([&] { return under_way() != targets.end(); }));
      enter(*done);
    }
  }
  for (Visitor* target : targets) {
    CHECK(target->scrapes >= 4);
    CHECK(target->scrapes <= 5);
  }
}

TEST_CASE_FIXTURE(Fixture, "slow targets raise the number while the threads are idle") {
  fill();
  Visitor& waiting = visitors.back();
  tasks.spawn(gate.run(stop.get_token()));
  // The timer is on time: nobody has ended, but there is time for more.
  CHECK(comes_true([&] {
    clock.advance(1ms);
    return waiting.is_under_way.load();
  }));
}

TEST_CASE_FIXTURE(Fixture, "who is asked to stop waiting leaves the queue") {
  const auto inside = fill();
  Visitor& gone = visitors.back();
  Visitor& next = add();
  gone.stop.request_stop();
  REQUIRE(comes_true([&] { return !gone.is_waiting; }));
  CHECK(gone.shed == 0);
  leave(*inside[0]);
  CHECK(comes_true([&] { return next.is_under_way.load(); }));
}

TEST_CASE_FIXTURE(Fixture, "with memory full, known targets go on and new ones wait") {
  used = 950;
  CHECK(add().is_under_way);
  Visitor& fresh = add(true);
  CHECK_FALSE(fresh.is_under_way);
  clock.advance(10s);
  CHECK(comes_true([&] { return fresh.lacked_memory == 1; }));
}

TEST_CASE_FIXTURE(Fixture, "new targets begin again once there is memory") {
  used = 950;
  Visitor& fresh = add(true);
  CHECK_FALSE(fresh.is_under_way);
  tasks.spawn(gate.run(stop.get_token()));
  used = 500;
  CHECK(comes_true([&] {
    clock.advance(1ms);
    return fresh.is_under_way.load();
  }));
}

}  // namespace
}  // namespace alloy
