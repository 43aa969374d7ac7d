#include <doctest/doctest.h>

#include "component/component_harness.h"
#include "components/prometheus/enrich/target_table.h"
#include "signals/metrics_receiver.h"

namespace alloy {

extern const ComponentType prometheus_enrich;

namespace prometheus::enrich {
namespace {

struct Collector final : MetricsReceiver {
  explicit Collector(SeriesStore& series_store) : store(series_store) {}
  Result<void> receive(const MetricBatch& batch) override {
    for (const Sample& sample : batch.samples) series.push_back(store.describe(*sample.series));
    for (const Exemplar& exemplar : batch.exemplars) {
      series.push_back("exemplar of " + store.describe(*exemplar.series));
    }
    return {};
  }
  SeriesStore& store;
  std::vector<std::string> series;
};

constexpr std::string_view targets = R"(
targets = [
  {"__address__" = "h1:1", "host" = "web-1", "rack" = "r1"},
  {"__address__" = "h2:1", "host" = "web-2", "rack" = "r2", "blank" = ""},
  {"__address__" = "h3:1", "rack" = "r3"},
  {"__address__" = "h4:1", "host" = "web-2", "rack" = "r4"},
]
)";

struct Fixture {
  SeriesStore store;
  std::shared_ptr<Collector> collector = std::make_shared<Collector>(store);
  ComponentHarness enrich{prometheus_enrich};

  Fixture() {
    enrich.services().add<SeriesStore>(store);
    enrich.variables().set("next", encapsulate<MetricsReceiver>(collector));
  }
  Result<> update(std::string_view more) {
    return enrich.update(std::string(targets) + "forward_to = [next]\n" + std::string(more));
  }
  // What becomes of a metric with these labels.
  std::string send(const std::vector<Label>& labels, double value = 1) {
    const SeriesRef series = store.intern(labels);
    const Sample sample{series.get(), 1000, value};
    const Value exports = enrich.exports_value();
    const Value* receiver = exports.as_object()->find("receiver");
    collector->series.clear();
    CHECK(dynamic_cast<const Handle<MetricsReceiver>&>(*receiver->as_capsule())
              .target()
              ->receive({.samples = std::span(&sample, 1)})
              .has_value());
    return collector->series.empty() ? std::string() : collector->series[0];
  }
};

TEST_CASE_FIXTURE(Fixture, "prometheus.enrich copies the labels of the target that matches") {
  REQUIRE(update("target_to_metric_match = {\"host\" = \"node\"}\nlabels_to_copy = [\"rack\"]"));
  CHECK(send({{"__name__", "m"}, {"node", "web-1"}, {"rack", "own"}}) ==
        R"({__name__="m", node="web-1", rack="r1"})");
  CHECK(send({{"__name__", "m"}, {"node", "web-1"}}, stale_marker()) ==
        R"({__name__="m", node="web-1", rack="r1"})");
  CHECK(send({{"__name__", "m"}, {"node", "other"}}) == R"({__name__="m", node="other"})");
  CHECK(send({{"__name__", "m"}}) == R"({__name__="m"})");
  CHECK(enrich.metric("alloy_prometheus_target_cache_size") == 2);
}

TEST_CASE_FIXTURE(Fixture, "prometheus.enrich copies all labels of the last target that matches") {
  REQUIRE(update("target_match_label = \"host\""));
  CHECK(send({{"__name__", "m"}, {"host", "web-2"}}) ==
        R"({__address__="h4:1", __name__="m", host="web-2", rack="r4"})");
  // Other arguments make other results of the same series.
  REQUIRE(update("target_match_label = \"rack\"\nmetrics_match_label = \"host\""));
  CHECK(send({{"__name__", "m"}, {"host", "web-2"}}) == R"({__name__="m", host="web-2"})");
}

TEST_CASE_FIXTURE(Fixture, "prometheus.enrich wants all pairs to match") {
  REQUIRE(
      update("target_to_metric_match = {\"host\" = \"n\", \"rack\" = \"r\"}\n"
             "labels_to_copy = [\"__address__\"]"));
  CHECK(send({{"__name__", "m"}, {"n", "web-1"}, {"r", "r1"}}) ==
        R"({__address__="h1:1", __name__="m", n="web-1", r="r1"})");
  CHECK(send({{"__name__", "m"}, {"n", "web-1"}, {"r", "r2"}}) ==
        R"({__name__="m", n="web-1", r="r2"})");
}

TEST_CASE_FIXTURE(Fixture, "prometheus.enrich has to be told how to match") {
  CHECK(update("").error().message().contains("at least one match mechanism"));
  CHECK(
      update("metrics_match_label = \"x\"").error().message().contains("target_match_label must"));
}

}  // namespace
}  // namespace prometheus::enrich
}  // namespace alloy
