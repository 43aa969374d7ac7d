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

TEST_CASE("what is written at once reads like what was collected before") {
  MetricRegistry first({{"component_id", "a"}});
  MetricRegistry second({{"component_id", "b"}});
  for (MetricRegistry* registry : {&first, &second}) {
    registry->counter("z_total", "Zs\nand \\.", {{"k", "1"}, {"a", "\"2\""}}).add(3);
    registry->histogram("h", "Hs.", {1, 2}, {{"zone", "x"}}).observe(1.5);
    registry->collector([](MetricFamilies& out) {
      out["c"] = {.name = "c", .help = "", .type = MetricType::gauge, .samples = {{"c", {}, 1}}};
    });
  }
  MetricFamilies families;
  ExpositionSink sink;
  for (const MetricRegistry* registry : {&first, &second}) {
    registry->collect(families);
    registry->collect(sink);
  }
  std::string text;
  for (const std::string& piece : sink.take()) text += piece;
  CHECK(text == write_exposition(families));
  CHECK(text.find("h_bucket{component_id=\"b\",zone=\"x\",le=\"2\"} 1\n") != std::string::npos);
}

TEST_CASE("a family that fills many pieces stays whole") {
  MetricRegistry registry;
  std::string expected = "# HELP g \n# TYPE g gauge\n";
  for (int i = 1000; i < 9000; ++i) {
    const std::string value = std::to_string(i) + std::string(50, 'x');
    registry.gauge("g", "", {{"label", value}}).set(i);
    expected += "g{label=\"" + value + "\"} " + std::to_string(i) + "\n";
  }
  ExpositionSink sink;
  registry.collect(sink);
  const auto pieces = sink.take();
  CHECK(pieces.size() > 3);
  std::string text;
  for (const std::string& piece : pieces) text += piece;
  CHECK(text == expected);
}

TEST_CASE("a histogram without observations has all its buckets") {
  MetricRegistry registry;
  registry.histogram("h", "", {1});
  CHECK(exposition(registry) ==
        "# HELP h \n# TYPE h histogram\nh_bucket{le=\"1\"} 0\nh_bucket{le=\"+Inf\"} 0\n"
        "h_sum 0\nh_count 0\n");
}

TEST_CASE("asking for a metric again gives the same one") {
  MetricRegistry registry;
  registry.counter("c", "").add();
  registry.counter("c", "").add();
  CHECK(registry.counter("c", "").value() == 2);
}

}  // namespace
}  // namespace alloy
