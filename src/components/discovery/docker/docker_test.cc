#include "components/discovery/shared/fake_server.h"

namespace alloy {

extern const ComponentType discovery_docker;

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

TEST_CASE("discovery.docker refuses what can't work") {
  ComponentHarness docker(discovery_docker);
  CHECK(docker.update("host = \"\"").error().message() == "host attribute must not be empty");
  CHECK(docker.update("host = \"ftp://x\"").error().message() ==
        "error setting up docker client: unable to parse docker host \"ftp://x\"");
}

}  // namespace discovery
}  // namespace alloy
