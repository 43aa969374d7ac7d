#include "components/discovery/shared/fake_server.h"

namespace alloy {

extern const ComponentType discovery_kuma;

namespace discovery {

TEST_CASE("discovery.kuma makes targets of data planes and understands that nothing is new") {
  FakeServer server;
  server.set("/v3/discovery:monitoringassignments", R"({"version_info":"7","nonce":"n",
    "type_url":"type.googleapis.com/kuma.observability.v1.MonitoringAssignment","resources":[
    {"mesh":"m","service":"s","labels":{"a-b":"c"},"targets":[
    {"name":"d","scheme":"http","address":"10.0.0.1:1","metrics_path":"/m"}]}]})");
  ComponentHarness harness(discovery_kuma);
  REQUIRE(harness.update(fmt::format("server = \"{}\"\nfetch_timeout = \"90s\"", server.url())));
  harness.start();
  const std::string expected =
      R"({__address__="10.0.0.1:1", __meta_kuma_dataplane="d", __meta_kuma_label_a_b="c", )"
      R"(__meta_kuma_mesh="m", __meta_kuma_service="s", __metrics_path__="/m", )"
      R"(__scheme__="http", instance="d"})"
      "\n";
  CHECK(wait_for_targets(harness, expected));
  CHECK(server.was_asked("POST /v3/discovery:monitoringassignments?fetch-timeout=1m30s"));
  server.set("/v3/discovery:monitoringassignments", "", 304);
  CHECK(harness.wait_until([&] {
    harness.clock().advance(30s);
    return harness.metric("prometheus_sd_kuma_fetch_skipped_updates_total") > 0;
  }));
  CHECK(targets_of(harness) == expected);
}

}  // namespace discovery
}  // namespace alloy
