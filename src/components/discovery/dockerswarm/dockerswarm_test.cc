#include "components/discovery/shared/fake_server.h"

namespace alloy {

extern const ComponentType discovery_dockerswarm;

namespace discovery {

TEST_CASE("discovery.dockerswarm makes targets of services") {
  FakeServer server;
  server.set("/_ping", "OK", 200, {{"Api-Version", "1.44"}});
  server.set("/v1.44/networks", R"([{"Name":"net","Id":"n2","Internal":true}])");
  server.set("/v1.44/services", R"([{"ID":"s1","Spec":{"Name":"web","Mode":{"Replicated":{}},
    "TaskTemplate":{"ContainerSpec":{"Image":"img:1","Hostname":"hn"}}},
    "Endpoint":{"Ports":[
      {"Name":"h","Protocol":"tcp","PublishedPort":8080,"PublishMode":"ingress"}],
    "VirtualIPs":[{"NetworkID":"n2","Addr":"10.0.1.5/24"}]},
    "UpdateStatus":{"State":"completed"}}])");
  ComponentHarness harness(discovery_dockerswarm);
  REQUIRE(harness.update(fmt::format("host = \"{}\"\nrole = \"services\"", server.url())));
  harness.start();
  CHECK(wait_for_targets(
      harness,
      R"({__address__="10.0.1.5:8080", __meta_dockerswarm_network_id="n2", )"
      R"(__meta_dockerswarm_network_ingress="false", __meta_dockerswarm_network_internal="true", )"
      R"(__meta_dockerswarm_network_name="net", __meta_dockerswarm_network_scope="", )"
      R"(__meta_dockerswarm_service_endpoint_port_name="h", )"
      R"(__meta_dockerswarm_service_endpoint_port_publish_mode="ingress", )"
      R"(__meta_dockerswarm_service_id="s1", __meta_dockerswarm_service_mode="replicated", )"
      R"(__meta_dockerswarm_service_name="web", )"
      R"(__meta_dockerswarm_service_task_container_hostname="hn", )"
      R"(__meta_dockerswarm_service_task_container_image="img:1", )"
      R"(__meta_dockerswarm_service_updating_status="completed"})"
      "\n"));
}

TEST_CASE("discovery.dockerswarm refuses what can't work") {
  ComponentHarness swarm(discovery_dockerswarm);
  CHECK(swarm.update("host = \"http://x\"\nrole = \"x\"").error().message() ==
        "invalid role x, expected tasks, services, or nodes");
}

}  // namespace discovery
}  // namespace alloy
