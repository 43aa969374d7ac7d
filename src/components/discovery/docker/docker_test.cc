#include "components/discovery/shared/fake_server.h"

namespace alloy {

extern const ComponentType discovery_docker;
extern const ComponentType discovery_dockerswarm;

namespace discovery {
namespace {

void answer_ping(FakeServer& server, std::string_view version = "1.44") {
  server.set("/_ping", "OK", 200, {{"Api-Version", std::string(version)}});
}

}  // namespace

TEST_CASE("discovery.docker makes a target of each port of each container") {
  FakeServer server;
  answer_ping(server);
  server.set("/v1.44/networks", R"([{"Name":"bridge","Id":"n1","Scope":"local"}])");
  server.set("/v1.44/containers/json", R"([
    {"Id":"a","Names":["/web"],"Labels":{"x.y":"1"},"HostConfig":{"NetworkMode":"bridge"},
     "Ports":[{"PrivatePort":80,"Type":"tcp"},{"PrivatePort":53,"Type":"udp"}],
     "NetworkSettings":{"Networks":{"bridge":{"NetworkID":"n1","IPAddress":"172.17.0.2"}}}},
    {"Id":"b","Names":["/side"],"HostConfig":{"NetworkMode":"container:a"},"Ports":[],
     "NetworkSettings":{"Networks":{}}},
    {"Id":"c","Names":["/host"],"HostConfig":{"NetworkMode":"host"},"Ports":[],
     "NetworkSettings":{"Networks":{"host":{"NetworkID":"nh"}}}}])");
  ComponentHarness harness(discovery_docker);
  REQUIRE(
      harness.update(fmt::format("host = \"{}\"\nport = 9\nfilter {{\n  name = \"status\"\n"
                                 "  values = [\"running\"]\n}}",
                                 server.url())));
  harness.start();
  CHECK(harness.wait_until([&] {
    harness.clock().advance(1s);
    const std::string targets = targets_of(harness);
    return targets.contains(R"(__address__="172.17.0.2:80")") &&
           targets.contains(R"(__address__="172.17.0.2:9", __meta_docker_container_id="b")") &&
           targets.contains(R"(__address__="localhost")") &&
           targets.contains(R"(__meta_docker_container_label_x_y="1")") &&
           targets.contains(R"(__meta_docker_network_name="bridge")");
  }));
  CHECK(server.was_asked("HEAD /_ping"));
  CHECK(server.was_asked(
      "GET /v1.44/containers/json?filters=%7B%22status%22%3A%7B%22running%22%3Atrue%7D%7D"));
}

TEST_CASE("discovery.docker says what the engine says when it fails") {
  FakeServer server;
  answer_ping(server, "9.99");  // Newer than we know: we ask for what we know.
  server.set("/v1.51/containers/json", R"({"message":"broken"})", 500);
  ComponentHarness harness(discovery_docker);
  REQUIRE(harness.update(fmt::format("host = \"{}\"", server.url())));
  harness.start();
  CHECK(harness.wait_until([&] {
    harness.clock().advance(1s);
    return harness.health().message.contains(
        "error while listing containers: Error response from daemon: broken");
  }));
}

TEST_CASE("discovery.dockerswarm makes targets of services") {
  FakeServer server;
  answer_ping(server);
  server.set("/v1.44/networks", R"([{"Name":"net","Id":"n2","Internal":true}])");
  server.set("/v1.44/services", R"([{"ID":"s1","Spec":{"Name":"web","Mode":{"Replicated":{}},
    "TaskTemplate":{"ContainerSpec":{"Image":"img:1","Hostname":"hn"}}},
    "Endpoint":{"Ports":[{"Name":"h","Protocol":"tcp","PublishedPort":8080,"PublishMode":"ingress"}],
    "VirtualIPs":[{"NetworkID":"n2","Addr":"10.0.1.5/24"}]},"UpdateStatus":{"State":"completed"}}])");
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

TEST_CASE("discovery.docker and discovery.dockerswarm refuse what can't work") {
  ComponentHarness docker(discovery_docker);
  CHECK(docker.update("host = \"\"").error().message() == "host attribute must not be empty");
  CHECK(docker.update("host = \"ftp://x\"").error().message() ==
        "error setting up docker client: unable to parse docker host \"ftp://x\"");
  ComponentHarness swarm(discovery_dockerswarm);
  CHECK(swarm.update("host = \"http://x\"\nrole = \"x\"").error().message() ==
        "invalid role x, expected tasks, services, or nodes");
}

}  // namespace discovery
}  // namespace alloy
