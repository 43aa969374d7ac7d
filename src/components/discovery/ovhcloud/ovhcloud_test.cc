#include "components/discovery/shared/fake_server.h"

namespace alloy {

extern const ComponentType discovery_ovhcloud;

namespace discovery {

TEST_CASE("discovery.ovhcloud signs its requests and makes targets of servers") {
  FakeServer server;
  server.set("/1.0/auth/time", "1893456000");
  server.set("/1.0/vps", R"(["v1","broken"])");
  server.set("/1.0/vps/v1", R"({"name":"v1","state":"running",
    "model":{"name":"m","vcore":2,"datacenter":["a","b"]}})");
  server.set("/1.0/vps/v1/ips", R"(["1.2.3.4","2001:db8::1","10.0.0.0/8"])");
  ComponentHarness harness(discovery_ovhcloud);
  REQUIRE(harness.update(
      fmt::format("endpoint = \"{}\"\napplication_key = \"a\"\napplication_secret = \"s\"\n"
                  "consumer_key = \"c\"\nservice = \"vps\"",
                  server.url("/1.0"))));
  harness.start();
  CHECK(harness.wait_until([&] {
    harness.clock().advance(1s);
    const std::string targets = targets_of(harness);
    return targets.contains(R"(__address__="1.2.3.4")") &&
           targets.contains(R"(__meta_ovhcloud_vps_datacenter="[a b]")") &&
           targets.contains(R"(__meta_ovhcloud_vps_ipv6="2001:db8::1")") &&
           targets.contains(R"(__meta_ovhcloud_vps_model_vcore="2")");
  }));
  bool is_signed = false;
  for (const std::string& line : server.requests("X-Ovh-Signature"))
    is_signed |= line.starts_with("GET /1.0/vps $1$");
  CHECK(is_signed);
  CHECK(harness
            .update("endpoint = \"x\"\napplication_key = \"a\"\napplication_secret = \"s\"\n"
                    "consumer_key = \"c\"\nservice = \"vps\"")
            .error()
            .message()
            .starts_with("unknown endpoint"));
}

}  // namespace discovery
}  // namespace alloy
