#include "components/discovery/shared/fake_server.h"

namespace alloy {

extern const ComponentType discovery_nomad;

namespace discovery {

TEST_CASE("discovery.nomad makes a target of each instance of each service") {
  FakeServer server;
  server.set("/v1/services", R"([{"Services":[{"ServiceName":"redis"}]}])");
  server.set("/v1/service/redis", R"([{"ID":"r","ServiceName":"redis","Tags":["t"],
    "Address":"10.0.0.1","Port":6379}])");
  ComponentHarness harness(discovery_nomad);
  REQUIRE(harness.update(fmt::format("server = \"{}/\"", server.url())));
  harness.start();
  CHECK(harness.wait_until([&] {
    harness.clock().advance(1s);
    const std::string targets = targets_of(harness);
    return targets.contains(R"(__address__="10.0.0.1:6379")") &&
           targets.contains(R"(__meta_nomad_tags=",t,")");
  }));
  server.set("/v1/service/redis", "down", 500);
  CHECK(harness.wait_until([&] {
    harness.clock().advance(1min);
    return harness.health().message.contains("failed to fetch services");
  }));
  CHECK(harness.metric("prometheus_sd_nomad_failures_total") > 0);
  CHECK(harness.update("server = \" \"").error().message() ==
        "nomad SD configuration requires a server address");
}

}  // namespace discovery
}  // namespace alloy
