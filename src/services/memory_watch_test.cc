#include "services/memory_watch.h"

#include <doctest/doctest.h>

namespace alloy {
namespace {

struct Fixture {
  ManualClock clock;
  std::vector<std::string> lines;
  uint64_t used = 0;
  int trims = 0;
  MemoryBudget budget{1000, clock, [this] { return used; }};
  std::shared_ptr<LogSink> sink =
      std::make_shared<LogSink>([this](std::string_view line) { lines.emplace_back(line); }, clock);
  MemoryWatch watch{budget, clock, Logger(sink), [this] { ++trims; }};

  Fixture() { sink->configure(LogLevel::info, LogFormat::logfmt); }
  // For this long, with so much in use.
  void run(Duration duration, uint64_t bytes) {
    used = bytes;
    for (Duration gone{}; gone < duration; gone += 250ms) {
      clock.advance(250ms);
      if (watch.look()) watch.give_back();
    }
  }
};

TEST_CASE_FIXTURE(Fixture, "memory is given back when it is tight, rarely if that doesn't help") {
  int asked = 0;
  const auto cache = budget.on_tight([&] { ++asked; });
  run(10s, 700);
  CHECK(trims == 0);
  run(1s, 850);
  CHECK(trims == 1);
  CHECK(asked == 1);
  run(1min, 850);
  CHECK(trims > 3);
  CHECK(trims < 8);
  const int before = trims;
  run(1h, 850);
  CHECK(trims - before <= 60);
}

TEST_CASE_FIXTURE(Fixture, "when it gets worse, memory is given back at once") {
  run(10min, 850);
  const int before = trims;
  run(250ms, 950);
  CHECK(trims == before + 1);
}

TEST_CASE_FIXTURE(Fixture, "the log is told once, and when it is over") {
  run(1h, 950);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].find("load is shed") != std::string::npos);
  run(1min, 100);
  REQUIRE(lines.size() == 2);
  CHECK(lines[1].find("enough memory again") != std::string::npos);
}

}  // namespace
}  // namespace alloy
