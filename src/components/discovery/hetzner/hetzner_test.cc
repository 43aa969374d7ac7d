#include <doctest/doctest.h>

#include "components/discovery/hetzner/servers.h"

namespace alloy::discovery::hetzner {

TEST_CASE("cloud servers become targets with the addresses in their networks") {
  const auto servers = JsonDocument::parse(R"({"servers":[{"id":1,"name":"s","status":"running",
    "public_net":{"ipv4":{"ip":"1.2.3.4"},"ipv6":{"ip":"2001:db8::/64"}},
    "datacenter":{"name":"fsn1-dc14","location":{"name":"fsn1","network_zone":"eu"}},
    "server_type":{"name":"cx11","cores":1,"cpu_type":"shared","memory":2.0,"disk":20},
    "private_net":[{"network":7,"ip":"10.0.0.1"}],"labels":{"a.b":"c"},"image":null}]})");
  const auto networks = JsonDocument::parse(R"({"networks":[{"id":7,"name":"my-net"}]})");
  REQUIRE(servers);
  REQUIRE(networks);
  const auto targets = cloud_targets(servers->root(), {networks->root()}, 80);
  REQUIRE(targets.size() == 1);
  CHECK(targets[0].get("__address__") == "1.2.3.4:80");
  CHECK(targets[0].get("__meta_hetzner_datacenter") == "fsn1-dc14");
  CHECK(targets[0].get("__meta_hetzner_hcloud_location") == "fsn1");
  CHECK(targets[0].get("__meta_hetzner_hcloud_memory_size_gb") == "2");
  CHECK(targets[0].get("__meta_hetzner_hcloud_private_ipv4_my_net") == "10.0.0.1");
  CHECK(targets[0].get("__meta_hetzner_hcloud_labelpresent_a_b") == "true");
  CHECK_FALSE(targets[0].has("__meta_hetzner_hcloud_image_name"));
  CHECK(servers->check());
}

TEST_CASE("dedicated servers become targets") {
  const auto servers = JsonDocument::parse(R"([{"server":{"server_ip":"1.2.3.4",
    "server_number":5,"server_name":"s","dc":"FSN1-DC8","status":"ready","product":"EX",
    "cancelled":false,"subnet":[{"ip":"1.2.3.0","mask":"24"},{"ip":"2001:db8::","mask":"64"}]}}])");
  REQUIRE(servers);
  const auto targets = robot_targets(servers->root(), 80);
  REQUIRE(targets.size() == 1);
  CHECK(targets[0].describe() ==
        R"({__address__="1.2.3.4:80", __meta_hetzner_datacenter="fsn1-dc8", )"
        R"(__meta_hetzner_public_ipv4="1.2.3.4", )"
        R"(__meta_hetzner_public_ipv6_network="2001:db8::/64", )"
        R"(__meta_hetzner_robot_cancelled="false", __meta_hetzner_robot_datacenter="fsn1-dc8", )"
        R"(__meta_hetzner_robot_product="EX", __meta_hetzner_role="robot", )"
        R"(__meta_hetzner_server_id="5", __meta_hetzner_server_name="s", )"
        R"(__meta_hetzner_server_status="ready"})");
}

}  // namespace alloy::discovery::hetzner
