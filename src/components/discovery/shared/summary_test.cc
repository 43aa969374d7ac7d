#include "components/discovery/shared/summary.h"

#include <doctest/doctest.h>

namespace alloy::discovery {
namespace {

std::string exposition(const MetricRegistry& registry) {
  MetricFamilies families;
  registry.collect(families);
  return write_exposition(families);
}

}  // namespace

TEST_CASE("a summary shows the quantiles of the last ten minutes") {
  MetricRegistry registry;
  ManualClock clock;
  Summary summary(registry, clock, "x_seconds", "Help.");
  summary.observe(10s);
  CHECK(exposition(registry).contains("x_seconds{quantile=\"0.5\"} 10\n"));
  clock.advance(11min);
  for (int i = 1; i <= 100; ++i) summary.observe(std::chrono::seconds(i));
  const std::string text = exposition(registry);
  CHECK(text.contains("# TYPE x_seconds summary\n"));
  CHECK(text.contains("x_seconds{quantile=\"0.5\"} 50\n"));
  CHECK(text.contains("x_seconds{quantile=\"0.99\"} 99\n"));
  CHECK(text.contains("x_seconds_count 101\n"));
  CHECK(text.contains("x_seconds_sum 5060\n"));
}

}  // namespace alloy::discovery
