#include <mutex>

#include <doctest/doctest.h>

#include "component/component_harness.h"
#include "components/shared/kubernetes/fake_api_server.h"
#include "services/cluster.h"
#include "signals/metrics_receiver.h"

namespace alloy {

extern const ComponentType prometheus_operator_podmonitors;

namespace {

constexpr const char* monitors_path = "/apis/monitoring.coreos.com/v1/podmonitors";
constexpr const char* pods_path = "/api/v1/namespaces/d/pods";

// Keeps the samples that it gets as "{labels} value".
class Collector final : public MetricsReceiver {
 public:
  explicit Collector(const SeriesStore& store) : store_(store) {}
  Result<void> receive(const MetricBatch& batch) override {
    const std::lock_guard lock(mutex_);
    for (const Sample& sample : batch.samples)
      samples_.push_back(fmt::format("{} {}", store_.describe(*sample.series), sample.value));
    return {};
  }
  bool has(std::string_view sample) const {
    const std::lock_guard lock(mutex_);
    return std::ranges::find(samples_, sample) != samples_.end();
  }
  size_t count(std::string_view part) const {
    const std::lock_guard lock(mutex_);
    return static_cast<size_t>(std::ranges::count_if(
        samples_, [&](const std::string& sample) { return sample.contains(part); }));
  }

 private:
  const SeriesStore& store_;
  mutable std::mutex mutex_;  // Guards the next one.
  std::vector<std::string> samples_;
};

struct Fixture {
  Fixture() {
    server.answer_with("/metrics", "good 1\nbad 2\n");
    harness.services().add<SeriesStore>(store);
    harness.variables().set("next", encapsulate<MetricsReceiver>(collector));
  }
  std::string port() const { return server.url().substr(server.url().rfind(':') + 1); }
  void add_pod(const std::string& name) {
    server.put(pods_path, name,
               fmt::format(R"(,"spec":{{"containers":[{{"name":"c","ports":[{{"name":"web",)"
                           R"("containerPort":{}}}]}}]}},"status":{{"phase":"Running",)"
                           R"("podIP":"127.0.0.1"}})",
                           port()));
  }
  void add_monitor(const std::string& more) {
    server.put(monitors_path, "m",
               fmt::format(R"(,"spec":{{"selector":{{}},"podMetricsEndpoints":[{{"port":"web",)"
                           R"("interval":"10s"{}}}]}})",
                           more));
  }
  void start(const std::string& more = "") {
    REQUIRE(harness.update(fmt::format(
        "forward_to = [next]\nclient {{\napi_server = \"{}\"\n}}\n{}", server.url(), more)));
    harness.start();
  }
  bool wait(const std::function<bool()>& condition) {
    return harness.wait_until([&] {
      harness.clock().advance(1s);
      return condition();
    });
  }

  kubernetes::FakeApiServer server;
  SeriesStore store;
  std::shared_ptr<Collector> collector = std::make_shared<Collector>(store);
  ComponentHarness harness{prometheus_operator_podmonitors};
};

}  // namespace

TEST_CASE("prometheus.operator.podmonitors scrapes the pods that a monitor selects, by its rules") {
  Fixture f;
  f.add_pod("p");
  f.add_monitor(R"(,"metricRelabelings":[{"action":"drop","sourceLabels":["__name__"],)"
                R"("regex":"bad"}],"relabelings":[{"targetLabel":"zone","replacement":"z"}])");
  f.start();
  const std::string labels = fmt::format(
      "container=\"c\", endpoint=\"web\", instance=\"127.0.0.1:{}\", job=\"d/m\", "
      "namespace=\"d\", pod=\"p\", zone=\"z\"",
      f.port());
  CHECK(f.wait([&] { return f.collector->has("{__name__=\"good\", " + labels + "} 1"); }));
  CHECK(f.wait([&] { return f.collector->has("{__name__=\"up\", " + labels + "} 1"); }));
  CHECK(f.wait([&] {
    return f.collector->has("{__name__=\"scrape_samples_post_metric_relabeling\", " + labels +
                            "} 1");
  }));
  CHECK(f.collector->count("__name__=\"bad\"") == 0);
  // A new pod is scraped, one that is gone ends with markers.
  f.add_pod("q");
  CHECK(f.wait([&] { return f.collector->count("pod=\"q\"") > 0; }));
  f.server.remove(pods_path, "p");
  CHECK(f.wait([&] { return f.collector->has("{__name__=\"good\", " + labels + "} nan"); }));
}

TEST_CASE("prometheus.operator.podmonitors reads the secrets that a monitor refers to") {
  Fixture f;
  f.server.answer_with("/api/v1/namespaces/d/secrets/s",
                       R"({"data":{"user":"dQ==","pass":"cA=="}})");
  f.add_pod("p");
  f.add_monitor(R"(,"basicAuth":{"username":{"name":"s","key":"user"},)"
                R"("password":{"name":"s","key":"pass"}})");
  f.start();
  CHECK(f.wait([&] { return f.collector->count("__name__=\"good\"") > 0; }));
  CHECK(f.server.count("/secrets/s") == 1);
}

TEST_CASE("prometheus.operator.podmonitors stops what a monitor asked for that is gone") {
  Fixture f;
  f.add_pod("p");
  f.add_monitor("");
  f.start();
  CHECK(f.wait([&] { return f.collector->count("__name__=\"good\"") > 0; }));
  f.server.remove(monitors_path, "m");
  CHECK(f.wait([&] { return f.collector->count("nan") > 0; }));
  // The pods are not watched any more: what has broken stays broken.
  f.server.disconnect();
  const size_t before = f.server.count("/pods?");
  CHECK(f.wait([&] { return f.server.count("podmonitors?") > 3; }));
  CHECK(f.server.count("/pods?") == before);
}

TEST_CASE("prometheus.operator.podmonitors becomes unhealthy when the API server does not answer") {
  Fixture f;
  f.server.refuse(403);
  f.start("informer_sync_timeout = \"3s\"");
  CHECK(f.wait([&] { return f.harness.health().state == HealthState::unhealthy; }));
  CHECK(f.harness.health().message.contains("timeout exceeded while configuring informers"));
  CHECK(f.harness.health().message.contains("podmonitors: not now"));
  f.server.refuse(0);
  CHECK(f.wait([&] { return f.harness.health().state == HealthState::healthy; }));
}

}  // namespace alloy
