// prometheus.relabel as its users see it.
#include "signals/relabel.h"

#include <doctest/doctest.h>

#include "component/component_harness.h"
#include "components/prometheus/relabel/receiver.h"
#include "signals/metrics_receiver.h"

namespace alloy {

extern const ComponentType prometheus_relabel;

namespace {

struct Collector final : MetricsReceiver {
  explicit Collector(SeriesStore& series_store) : store(series_store) {}
  Result<void> receive(const MetricBatch& batch) override {
    for (const Sample& sample : batch.samples) series.push_back(store.describe(*sample.series));
    return {};
  }
  SeriesStore& store;
  std::vector<std::string> series;
};

struct Fixture {
  SeriesStore store;
  std::shared_ptr<Collector> collector = std::make_shared<Collector>(store);
  ComponentHarness relabel{prometheus_relabel};

  Fixture() {
    relabel.services().add<SeriesStore>(store);
    relabel.variables().set("next", encapsulate<MetricsReceiver>(collector));
  }
  Result<> update(std::string_view rules) {
    return relabel.update("forward_to = [next]\n" + std::string(rules));
  }
  MetricsReceiverPointer receiver() {
    const Value exports = relabel.exports_value();
    const Value* receiver = exports.as_object()->find("receiver");
    return dynamic_cast<const Handle<MetricsReceiver>&>(*receiver->as_capsule()).target();
  }
  void send(std::string_view name, double value = 1) {
    const Label label{"__name__", name};
    const SeriesRef series = store.intern(std::span(&label, 1));
    const Sample sample{series.get(), 1000, value};
    CHECK(receiver()->receive({.samples = std::span(&sample, 1)}).has_value());
  }
};

constexpr std::string_view rules = R"(
rule {
  source_labels = ["__name__"]
  regex = "drop.*"
  action = "drop"
}
rule {
  target_label = "x"
  replacement = "y"
}
)";

}  // namespace

TEST_CASE_FIXTURE(Fixture, "prometheus.relabel rewrites, drops, remembers and counts") {
  REQUIRE(update(rules).has_value());
  send("a");
  send("drop_me");
  send("a");
  CHECK(collector->series ==
        std::vector<std::string>{R"({__name__="a", x="y"})", R"({__name__="a", x="y"})"});
  CHECK(relabel.metric("alloy_prometheus_relabel_metrics_processed") == 3);
  CHECK(relabel.metric("alloy_prometheus_relabel_metrics_written") == 2);
  CHECK(relabel.metric("alloy_prometheus_relabel_cache_misses") >= 2);
}

TEST_CASE_FIXTURE(Fixture,
                  "prometheus.relabel passes staleness markers on and forgets the series") {
  REQUIRE(update(rules).has_value());
  send("a");
  send("a", stale_marker());
  CHECK(collector->series.size() == 2);
  CHECK(relabel.metric("alloy_prometheus_relabel_cache_size") == 0);
  CHECK(store.size() == 0);
}

TEST_CASE_FIXTURE(Fixture, "prometheus.relabel shows what each rule does to series") {
  REQUIRE(update(rules).has_value());
  const Label kept{"__name__", "a"};
  const SeriesRef alive = store.intern(std::span(&kept, 1));
  send("a");
  send("drop_me");
  send("a");
  const auto target = std::dynamic_pointer_cast<prometheus::relabel::Receiver>(receiver());
  REQUIRE(target != nullptr);
  const auto cardinality = target->cardinality();
  REQUIRE(cardinality.counts.size() == 2);
  CHECK(cardinality.counts[0].series_in == 2);
  CHECK(cardinality.counts[0].changed == 0);
  CHECK(cardinality.counts[0].dropped == 1);
  CHECK(cardinality.counts[1].series_in == 1);
  CHECK(cardinality.counts[1].changed == 1);
  CHECK(cardinality.counts[1].dropped == 0);
}

TEST_CASE_FIXTURE(Fixture, "prometheus.relabel goes on with new rules under the same receiver") {
  REQUIRE(update(rules).has_value());
  const auto before = receiver();
  REQUIRE(update("").has_value());
  CHECK(receiver() == before);
  send("drop_me");
  CHECK(collector->series == std::vector<std::string>{R"({__name__="drop_me"})"});
}

TEST_CASE_FIXTURE(Fixture, "prometheus.relabel takes nothing any more once it has exited") {
  REQUIRE(update(rules).has_value());
  const auto left = receiver();
  relabel.start();
  relabel.stop();
  const auto result = left->receive({});
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().message().contains("has exited"));
}

TEST_CASE_FIXTURE(Fixture, "prometheus.relabel refuses two ways to limit what it remembers") {
  CHECK(update("cache_ttl = \"5m\"").error().message().contains("mutually exclusive"));
  CHECK(update("max_cache_size = 0\ncache_ttl = \"5m\"").has_value());
}

}  // namespace alloy
