#include <doctest/doctest.h>

#include "components/discovery/ionos/servers.h"

namespace alloy::discovery::ionos {

TEST_CASE("servers with addresses become targets") {
  const auto servers = JsonDocument::parse(R"({"id":"dc/servers","items":[{"id":"s",
    "metadata":{"state":"AVAILABLE"},"properties":{"name":"n","availabilityZone":"z",
    "cpuFamily":"c","vmState":"RUNNING","type":"ENTERPRISE","bootVolume":{"id":"v"}},
    "entities":{"volumes":{"items":[{"properties":{"image":"img"}}]},"nics":{"items":[
    {"properties":{"name":"first nic","ips":["10.0.0.1"]}},
    {"properties":{"ips":["10.0.0.2"]}}]}}},{"id":"without"}]})");
  REQUIRE(servers);
  const auto targets = server_targets(servers->root(), 80);
  REQUIRE(targets.size() == 1);
  CHECK(targets[0].describe() ==
        R"({__address__="10.0.0.2:80", __meta_ionos_server_availability_zone="z", )"
        R"(__meta_ionos_server_boot_image_id="img", __meta_ionos_server_boot_volume_id="v", )"
        R"(__meta_ionos_server_cpu_family="c", __meta_ionos_server_id="s", )"
        R"(__meta_ionos_server_ip=",10.0.0.2,10.0.0.1,", )"
        R"(__meta_ionos_server_lifecycle="AVAILABLE", __meta_ionos_server_name="n", )"
        R"(__meta_ionos_server_nic_ip_first_nic=",10.0.0.1,", )"
        R"(__meta_ionos_server_nic_ip_unnamed=",10.0.0.2,", )"
        R"(__meta_ionos_server_servers_id="dc/servers", __meta_ionos_server_state="RUNNING", )"
        R"(__meta_ionos_server_type="ENTERPRISE"})");
}

}  // namespace alloy::discovery::ionos
