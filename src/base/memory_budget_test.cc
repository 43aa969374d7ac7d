#include "base/memory_budget.h"

#include <doctest/doctest.h>

namespace alloy {
namespace {

struct Fixture {
  ManualClock clock;
  uint64_t used = 0;
  int measured = 0;
  MemoryBudget budget{1000, clock, [this] {
                        ++measured;
                        return used;
                      }};

  MemoryLevel level_at(uint64_t bytes) {
    used = bytes;
    clock.advance(20ms);
    return budget.level();
  }
};

TEST_CASE_FIXTURE(Fixture, "the levels rise with what is used") {
  CHECK(level_at(799) == MemoryLevel::plenty);
  CHECK(level_at(800) == MemoryLevel::tight);
  CHECK(level_at(880) == MemoryLevel::high);
  CHECK(level_at(930) == MemoryLevel::full);
  CHECK(level_at(980) == MemoryLevel::over);
  CHECK(level_at(5000) == MemoryLevel::over);
  CHECK(level_at(100) == MemoryLevel::plenty);
}

TEST_CASE_FIXTURE(Fixture, "a level that was reached ends only a bit below where it began") {
  CHECK(level_at(935) == MemoryLevel::full);
  CHECK(level_at(905) == MemoryLevel::full);
  CHECK(level_at(890) == MemoryLevel::high);
  CHECK(level_at(850) == MemoryLevel::high);
  CHECK(level_at(830) == MemoryLevel::tight);
  CHECK(level_at(759) == MemoryLevel::plenty);
  CHECK(level_at(790) == MemoryLevel::plenty);
}

TEST_CASE_FIXTURE(Fixture, "asking often measures rarely") {
  for (int i = 0; i < 100; ++i) budget.level();
  CHECK(measured == 1);
  clock.advance(10ms);
  budget.level();
  CHECK(measured == 2);
}

TEST_CASE_FIXTURE(Fixture, "the room ends where it would be over") {
  used = 900;
  CHECK(budget.room() == 80);
  used = 2000;
  clock.advance(1s);
  CHECK(budget.room() == 0);
}

TEST_CASE("without a limit nothing is measured, and all is plenty") {
  ManualClock clock;
  MemoryBudget budget(0, clock, []() -> uint64_t {
    FAIL("measured");
    return 0;
  });
  CHECK(budget.level() == MemoryLevel::plenty);
  CHECK(budget.room() > uint64_t{1} << 60);
}

TEST_CASE_FIXTURE(Fixture, "what can be given back is asked for as long as its owner lives") {
  int asked = 0;
  auto owner = budget.on_tight([&] { ++asked; });
  budget.give_back();
  CHECK(asked == 1);
  owner.reset();
  budget.give_back();
  CHECK(asked == 1);
}

}  // namespace
}  // namespace alloy
