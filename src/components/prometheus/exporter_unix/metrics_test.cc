#include "components/prometheus/exporter_unix/metrics.h"

#include <array>
#include <limits>

#include <doctest/doctest.h>

namespace alloy::prometheus::exporter_unix {
namespace {

TEST_CASE("metrics are written by family and in order, whatever the order they came in") {
  Metrics metrics;
  metrics.counter("b_total", "About b.", {{"y", "2"}, {"x", "1"}}, 3);
  metrics.gauge("a", "About a.", {}, 0.5);
  metrics.counter("b_total", "About b.", {{"x", "0"}, {"y", "9"}}, 1e18);
  CHECK(metrics.write() ==
        "# HELP a About a.\n# TYPE a gauge\na 0.5\n"
        "# HELP b_total About b.\n# TYPE b_total counter\n"
        "b_total{x=\"0\",y=\"9\"} 1000000000000000000\nb_total{x=\"1\",y=\"2\"} 3\n");
  CHECK(metrics.conflict_count() == 0);
}

TEST_CASE("metrics escape what stands in labels and help") {
  Metrics metrics;
  metrics.untyped("a", "One\nline \\ here.", {{"l", "q\" b\\ n\n bad \xff"}}, -1);
  CHECK(metrics.write() ==
        "# HELP a One\\nline \\\\ here.\n# TYPE a untyped\n"
        "a{l=\"q\\\" b\\\\ n\\n bad \xef\xbf\xbd\"} -1\n");
}

TEST_CASE("metrics write what is no number") {
  Metrics metrics;
  metrics.gauge("a", "", {{"v", "inf"}}, std::numeric_limits<double>::infinity());
  metrics.gauge("a", "", {{"v", "nan"}}, std::numeric_limits<double>::quiet_NaN());
  CHECK(metrics.write() == "# TYPE a gauge\na{v=\"inf\"} +Inf\na{v=\"nan\"} NaN\n");
}

TEST_CASE("a series that comes twice is told once, and is a conflict") {
  Metrics metrics;
  metrics.gauge("a", "h", {{"x", "1"}, {"y", "2"}}, 1);
  metrics.gauge("a", "h", {{"y", "2"}, {"x", "1"}}, 2);
  CHECK(metrics.write() == "# HELP a h\n# TYPE a gauge\na{x=\"1\",y=\"2\"} 1\n");
  REQUIRE(metrics.conflict_count() == 1);
  CHECK(metrics.conflicts()[0].contains("was collected before"));
}

TEST_CASE("a family keeps its first type and help") {
  Metrics metrics;
  metrics.gauge("a", "h", {}, 1);
  metrics.counter("a", "h", {{"x", "1"}}, 2);
  metrics.gauge("a", "other", {{"x", "2"}}, 3);
  CHECK(metrics.write() == "# HELP a h\n# TYPE a gauge\na 1\n");
  REQUIRE(metrics.conflict_count() == 2);
  CHECK(metrics.conflicts()[0] == "collected metric a should be a gauge, but it is a counter");
  CHECK(metrics.conflicts()[1] == "collected metric a has help \"other\" but should have \"h\"");
}

}  // namespace
}  // namespace alloy::prometheus::exporter_unix
