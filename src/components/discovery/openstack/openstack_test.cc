#include "components/discovery/shared/fake_server.h"

namespace alloy {

extern const ComponentType discovery_openstack;

namespace discovery {

TEST_CASE("discovery.openstack logs in and makes targets of instances") {
  FakeServer server;
  const std::string url = server.url();
  server.set("/v3/auth/tokens",
             fmt::format(R"({{"token":{{"catalog":[{{"type":"compute","endpoints":[
    {{"interface":"public","region":"r","url":"{0}/nova"}}]}},{{"type":"network","endpoints":[
    {{"interface":"public","region":"r","url":"{0}/net"}}]}}]}}}})",
                         url),
             201, {{"X-Subject-Token", "tok"}});
  server.set("/net/v2.0/ports", R"({"ports":[{"id":"p","device_id":"i"}]})");
  server.set("/net/v2.0/floatingips", R"({"floatingips":[{"port_id":"p",
    "fixed_ip_address":"10.0.0.1","floating_ip_address":"1.1.1.1"}]})");
  server.set("/nova/servers/detail", R"({"servers":[{"id":"i","name":"vm","status":"ACTIVE",
    "tenant_id":"t","user_id":"u","flavor":{"id":"f"},"image":"","metadata":{"a-b":"c"},
    "addresses":{"pool":[{"addr":"10.0.0.1"},{"addr":"1.1.1.1"}]}}]})");
  ComponentHarness harness(discovery_openstack);
  REQUIRE(harness.update(fmt::format(
      "identity_endpoint = \"{}/v3\"\nuserid = \"u\"\npassword = \"p\"\nregion = \"r\"\n"
      "role = \"instance\"",
      url)));
  harness.start();
  CHECK(wait_for_targets(
      harness, R"({__address__="10.0.0.1:80", __meta_openstack_address_pool="pool", )"
               R"(__meta_openstack_instance_flavor="f", __meta_openstack_instance_id="i", )"
               R"(__meta_openstack_instance_name="vm", __meta_openstack_instance_status="ACTIVE", )"
               R"(__meta_openstack_private_ip="10.0.0.1", __meta_openstack_project_id="t", )"
               R"(__meta_openstack_public_ip="1.1.1.1", __meta_openstack_tag_a_b="c", )"
               R"(__meta_openstack_user_id="u"})"
               "\n"));
  server.set("/v3/auth/tokens", "no", 401);
  CHECK(harness.wait_until([&] {
    harness.clock().advance(1min);
    return harness.health().message.contains("could not authenticate to OpenStack");
  }));
}

}  // namespace discovery
}  // namespace alloy
