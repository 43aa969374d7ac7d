#include "components/discovery/shared/fake_server.h"

namespace alloy {

extern const ComponentType discovery_eureka;

namespace discovery {

TEST_CASE("discovery.eureka makes a target of each instance") {
  FakeServer server;
  server.set("/e/apps", R"(<applications><application><name>A</name><instance>
    <hostName>h</hostName><port enabled="true">8080</port><instanceId>i</instanceId>
    <metadata><team.x>t</team.x></metadata></instance></application></applications>)");
  ComponentHarness harness(discovery_eureka);
  REQUIRE(harness.update(fmt::format("server = \"{}\"", server.url("/e"))));
  harness.start();
  CHECK(harness.wait_until([&] {
    harness.clock().advance(1s);
    const std::string targets = targets_of(harness);
    return targets.contains(R"(__address__="h:8080")") &&
           targets.contains(R"(__meta_eureka_app_instance_metadata_team_x="t")") &&
           targets.contains(R"(__meta_eureka_app_instance_port_enabled="true")");
  }));
  server.set("/e/apps", "<applications>");
  CHECK(harness.wait_until([&] {
    harness.clock().advance(30s);
    return harness.health().message.contains("XML syntax error on line 1: unexpected EOF");
  }));
  CHECK(harness.update("server = \"x\"").error().message() == "invalid eureka server URL");
}

}  // namespace discovery
}  // namespace alloy
