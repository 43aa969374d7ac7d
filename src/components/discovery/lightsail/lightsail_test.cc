#include "components/discovery/shared/fake_server.h"

namespace alloy {

extern const ComponentType discovery_lightsail;

namespace discovery {

TEST_CASE("discovery.lightsail makes targets of instances") {
  FakeServer server;
  server.set("/", R"({"instances":[{"name":"a","privateIpAddress":"10.0.0.1",
    "tags":[{"key":"k","value":"v"},{"key":"only"}]},{"name":"pending"}]})");
  ComponentHarness harness(discovery_lightsail);
  REQUIRE(
      harness.update(fmt::format("endpoint = \"{}\"\nregion = \"r\"\naccess_key = \"AK\"\n"
                                 "secret_key = \"SK\"",
                                 server.url())));
  harness.start();
  CHECK(harness.wait_until([&] {
    harness.clock().advance(1s);
    const std::string targets = targets_of(harness);
    return targets.contains(R"(__address__="10.0.0.1:80")") &&
           targets.contains(R"(__meta_lightsail_tag_k="v")") && !targets.contains("pending");
  }));
  CHECK(server.requests("X-Amz-Target")[0] == "POST / Lightsail_20161128.GetInstances");
}

}  // namespace discovery
}  // namespace alloy
