#include "components/discovery/shared/fake_server.h"

namespace alloy {

extern const ComponentType discovery_consulagent;

namespace discovery {

TEST_CASE("discovery.consulagent reads a service's health from the status") {
  FakeServer server;
  server.set("/v1/agent/self", R"({"Config":{"Datacenter":"dc1","NodeName":"n"},
    "Member":{"Addr":"10.9.9.9"},"Meta":{"a-b":"1","n":5}})");
  server.set("/v1/agent/services", R"({"x":{"ID":"x","Service":"web","Tags":["t"]},
    "y":{"ID":"y","Service":"db","Tags":[]}})");
  server.set("/v1/agent/health/service/name/web",
             R"([{"Service":{"ID":"x","Service":"web","Tags":["t"],"Port":80}}])", 429);
  ComponentHarness harness(discovery_consulagent);
  REQUIRE(harness.update(fmt::format("server = \"{}\"\ntags = [\"t\"]", server.address())));
  harness.start();
  CHECK(harness.wait_until([&] {
    harness.clock().advance(5s);
    const std::string targets = targets_of(harness);
    return targets.contains(R"(__address__="10.9.9.9:80")") &&
           targets.contains(R"(__meta_consulagent_health="warning")") &&
           targets.contains(R"(__meta_consulagent_metadata_a_b="1")");
  }));
  CHECK_FALSE(server.was_asked("GET /v1/agent/health/service/name/db?format=json"));
}

}  // namespace discovery
}  // namespace alloy
