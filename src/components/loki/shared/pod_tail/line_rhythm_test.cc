#include "components/loki/shared/pod_tail/line_rhythm.h"

#include <doctest/doctest.h>

namespace alloy::loki {

TEST_CASE("a log that falls silent for thrice its usual time is noticed, once the usual is known") {
  LineRhythm rhythm;
  SteadyTime now{};
  rhythm.note(now);
  CHECK_FALSE(rhythm.is_broken(now + 1h));
  for (int i = 0; i < 2000; ++i) rhythm.note(now += 10s);
  CHECK_FALSE(rhythm.is_broken(now + 30s));
  CHECK(rhythm.is_broken(now + 31s));
  rhythm.pause();
  CHECK_FALSE(rhythm.is_broken(now + 1h));
  // What comes often is not expected within two seconds.
  for (int i = 0; i < 2000; ++i) rhythm.note(now += 1ms);
  CHECK_FALSE(rhythm.is_broken(now + 6s));
  CHECK(rhythm.is_broken(now + 7s));
}

}  // namespace alloy::loki
