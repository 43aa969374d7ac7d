#include "components/discovery/shared/fake_server.h"
#include "components/discovery/shared/fake_zookeeper.h"

namespace alloy {

extern const ComponentType discovery_serverset;

namespace discovery {

TEST_CASE("discovery.serverset reads members with further endpoints") {
  FakeZookeeper server(
      {{"/s", ""}, {"/s/m", R"({"serviceEndpoint":{"host":"h","port":1},"status":"ALIVE",
                          "shard":2,"additionalEndpoints":{"a-b":{"host":"x","port":3}}})"}});
  ComponentHarness harness(discovery_serverset);
  REQUIRE(
      harness.update(fmt::format("servers = [\"127.0.0.1:{}\"]\npaths = [\"/s\"]", server.port())));
  harness.start();
  CHECK(wait_for_targets(
      harness, R"({__address__="h:1", __meta_serverset_endpoint_host="h", )"
               R"(__meta_serverset_endpoint_host_a_b="x", __meta_serverset_endpoint_port="1", )"
               R"(__meta_serverset_endpoint_port_a_b="3", __meta_serverset_path="/s/m", )"
               R"(__meta_serverset_shard="2", __meta_serverset_status="ALIVE"})"
               "\n"));
  CHECK(harness.update("servers = []\npaths = [\"/a\"]").error().message() ==
        "discovery.serverset config must contain at least one Zookeeper server");
}

}  // namespace discovery
}  // namespace alloy
