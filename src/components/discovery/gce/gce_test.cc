#include <doctest/doctest.h>

#include "components/discovery/gce/instances.h"

namespace alloy::discovery::gce {

TEST_CASE("a page of GCE instances becomes targets") {
  const auto page = JsonDocument::parse(R"({"items":[{"id":"7","name":"vm","zone":"z",
    "status":"RUNNING","machineType":"m","tags":{"items":["a"]},"labels":{"l-1":"v"},
    "metadata":{"items":[{"key":"k","value":"w"},{"key":"none"}]},
    "networkInterfaces":[{"name":"nic0","network":"n","subnetwork":"s","networkIP":"10.0.0.1",
      "accessConfigs":[{"type":"ONE_TO_ONE_NAT","natIP":"1.2.3.4"}]}]},{"name":"offline"}]})");
  REQUIRE(page);
  const auto targets =
      instance_targets(page->root(), {.project = "p", .port = 80, .tag_separator = ","});
  REQUIRE(targets.size() == 1);
  CHECK(targets[0].describe() ==
        R"({__address__="10.0.0.1:80", __meta_gce_instance_id="7", )"
        R"(__meta_gce_instance_name="vm", __meta_gce_instance_status="RUNNING", )"
        R"(__meta_gce_interface_ipv4_nic0="10.0.0.1", __meta_gce_label_l_1="v", )"
        R"(__meta_gce_machine_type="m", __meta_gce_metadata_k="w", __meta_gce_network="n", )"
        R"(__meta_gce_private_ip="10.0.0.1", __meta_gce_project="p", )"
        R"(__meta_gce_public_ip="1.2.3.4", __meta_gce_subnetwork="s", __meta_gce_tags=",a,", )"
        R"(__meta_gce_zone="z"})");
}

}  // namespace alloy::discovery::gce
