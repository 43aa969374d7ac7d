#include "base/metrics.h"

#include <doctest/doctest.h>

namespace alloy {
namespace {

std::string exposition(const MetricRegistry& registry) {
  MetricFamilies families;
  registry.collect(families);
  return write_exposition(families);
}

TEST_CASE("constant labels are on every series") {
  MetricRegistry registry({{"component_id", "a.b"}});
  registry.counter("x_total", "Xs.", {{"zone", "q\"1"}}).add(2);
  CHECK(exposition(registry) ==
        "# HELP x_total Xs.\n# TYPE x_total counter\n"
        "x_total{component_id=\"a.b\",zone=\"q\\\"1\"} 2\n");
}

TEST_CASE("a histogram's buckets are cumulative and end with +Inf") {
  MetricRegistry registry;
  auto& histogram = registry.histogram("h", "", {1, 2});
  histogram.observe(1);
  histogram.observe(5);
  CHECK(exposition(registry) ==
        "# HELP h \n# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"2\"} "
        "1\nh_bucket{le=\"+Inf\"} 2\n"
        "h_sum 6\nh_count 2\n");
}

TEST_CASE("a removed series is no longer exposed") {
  MetricRegistry registry;
  registry.gauge("g", "", {{"a", "1"}}).set(1);
  registry.remove("g", {{"a", "1"}});
  CHECK(exposition(registry).empty());
}

TEST_CASE("asking for a metric again gives the same one") {
  MetricRegistry registry;
  registry.counter("c", "").add();
  registry.counter("c", "").add();
  CHECK(registry.counter("c", "").value() == 2);
}

}  // namespace
}  // namespace alloy
