#include <doctest/doctest.h>

#include "component/component.h"
#include "components/prometheus/shared/exporter.h"
#include "services/self_metrics.h"

namespace alloy {

extern const ComponentType prometheus_exporter_self;

namespace {

struct FixedMetrics final : SelfMetrics {
  MetricFamilies collect() const override {
    return {{"x", {"x", "About x.", MetricType::gauge, {{"x", {}, 1}}}}};
  }
};

// Knows one handler.
struct FakeHttp final : ComponentHttp {
  std::string address = "memory:1";
  std::string served_id;
  net::Handler handler;

  const std::string& memory_address() const override { return address; }
  std::string path_of(std::string_view global_id) const override {
    return "/component/" + std::string(global_id) + "/";
  }
  Registration serve(std::string global_id, net::Handler given) override {
    served_id = std::move(global_id);
    handler = std::move(given);
    return Registration([this] { handler = nullptr; });
  }
  Task<net::ServerResponse> call(net::ServerRequest request) override {
    return handler(std::move(request));
  }
};

struct FakeHost final : ComponentHost {
  std::shared_ptr<const void> exports;
  void set_exports(std::shared_ptr<const void> value) override { exports = std::move(value); }
  void set_health(HealthState, std::string) override {}
};

struct Fixture {
  Executor executor{1};
  MetricRegistry registry;
  FixedMetrics metrics;
  FakeHttp http;
  FakeHost host;
  Services services;

  std::unique_ptr<Component> create() {
    return prometheus_exporter_self.create({.id = "prometheus.exporter.self.a",
                                            .label = "a",
                                            .module_path = "mod.x",
                                            .logger = Logger(),
                                            .metrics = registry,
                                            .executor = executor,
                                            .strand = executor.strand(),
                                            .clock = real_clock(),
                                            .services = services,
                                            .stability_min = Stability::generally_available,
                                            .host = host});
  }
  static Task<> apply(Component* component, Result<>* into) {
    *into = co_await component->apply(prometheus_exporter_self.arguments->create());
  }
  static Task<> ask(FakeHttp* http, net::ServerResponse* into) {
    *into = co_await http->call({.path = "/metrics"});
  }
};

}  // namespace

TEST_CASE("prometheus.exporter.self exports one target, named as the integration is") {
  Fixture f;
  f.services.add<ComponentHttp>(f.http);
  f.services.add<SelfMetrics>(f.metrics);
  const auto component = f.create();
  Result<> applied;
  f.executor.run(Fixture::apply(component.get(), &applied));
  REQUIRE(applied);
  const auto& targets =
      static_cast<const prometheus::ExporterExports*>(f.host.exports.get())->targets;
  REQUIRE(targets.size() == 1);
  CHECK(targets[0].get("__address__") == "memory:1");
  CHECK(targets[0].get("__metrics_path__") ==
        "/component/mod.x/prometheus.exporter.self.a/metrics");
  CHECK(targets[0].get("job") == "integrations/self");
  CHECK(targets[0].get("instance") == prometheus::host_name());
}

TEST_CASE("prometheus.exporter.self serves the program's metrics as long as it lives") {
  Fixture f;
  f.services.add<ComponentHttp>(f.http);
  f.services.add<SelfMetrics>(f.metrics);
  auto component = f.create();
  Result<> applied;
  f.executor.run(Fixture::apply(component.get(), &applied));
  CHECK(f.http.served_id == "mod.x/prometheus.exporter.self.a");
  net::ServerResponse response;
  f.executor.run(Fixture::ask(&f.http, &response));
  CHECK(response.body == "# HELP x About x.\n# TYPE x gauge\nx 1\n");
  component.reset();
  CHECK(f.http.handler == nullptr);
}

TEST_CASE("prometheus.exporter.self fails where there is no HTTP server") {
  Fixture f;
  const auto component = f.create();
  Result<> applied;
  f.executor.run(Fixture::apply(component.get(), &applied));
  REQUIRE_FALSE(applied);
  CHECK(applied.error().message() == "the program runs without an HTTP server");
}

}  // namespace alloy
