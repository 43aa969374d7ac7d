#include "components/prometheus/shared/operator/operator_fixture.h"

namespace alloy {

extern const ComponentType prometheus_operator_podmonitors;

namespace {

constexpr const char* monitors_path = "/apis/monitoring.coreos.com/v1/podmonitors";
constexpr const char* pods_path = "/api/v1/namespaces/d/pods";

struct Fixture : prometheus::operators::OperatorFixture {
  Fixture() : OperatorFixture(prometheus_operator_podmonitors) {}
  void add_monitor(const std::string& more) {
    server.put(monitors_path, "m",
               fmt::format(R"(,"spec":{{"selector":{{}},"podMetricsEndpoints":[{{"port":"web",)"
                           R"("interval":"10s"{}}}]}})",
                           more));
  }
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
  CHECK(f.server.count("/secrets/s") >= 1);
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
  CHECK(f.harness.health().message.contains("RBAC permissions for podmonitors"));
  f.server.refuse(0);
  CHECK(f.wait([&] { return f.harness.health().state == HealthState::healthy; }));
}

}  // namespace alloy
