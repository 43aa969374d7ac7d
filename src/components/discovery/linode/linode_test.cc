#include <doctest/doctest.h>

#include "components/discovery/linode/instances.h"

namespace alloy::discovery::linode {

TEST_CASE("instances become targets with the names and kinds of their addresses") {
  const auto document = JsonDocument::parse(R"({
    "instances":[{"id":1,"label":"l","ipv4":["1.2.3.4","192.168.0.1","1.2.3.5"],
      "ipv6":"2001:db8::1/128","region":"eu","specs":{"disk":1,"vcpus":2},"tags":["t"],
      "backups":{"enabled":true}},{"id":2,"ipv4":[]}],
    "addresses":[{"address":"1.2.3.4","public":true,"rdns":"a.test"},
      {"address":"192.168.0.1","public":false,"rdns":null},
      {"address":"1.2.3.5","public":true},{"address":"2001:db8::1","public":true,"rdns":"b.test"}],
    "ranges":[{"route_target":"2001:db8::1","range":"2001:db8:1::","prefix":64}]})");
  REQUIRE(document);
  const JsonNode root = document->root();
  const auto targets = instance_targets(
      {root["instances"].elements(), root["addresses"].elements(), root["ranges"].elements()},
      {.port = 80, .tag_separator = ";"});
  REQUIRE(targets.size() == 1);
  const Target& target = targets[0];
  CHECK(target.get("__address__") == "1.2.3.4:80");
  CHECK(target.get("__meta_linode_public_ipv4_rdns") == "a.test");
  CHECK(target.get("__meta_linode_private_ipv4") == "192.168.0.1");
  CHECK(target.get("__meta_linode_extra_ips") == ";1.2.3.5;");
  CHECK(target.get("__meta_linode_public_ipv6_rdns") == "b.test");
  CHECK(target.get("__meta_linode_ipv6_ranges") == ";2001:db8:1::/64;");
  CHECK(target.get("__meta_linode_specs_disk_bytes") == "1048576");
  CHECK(target.get("__meta_linode_backups") == "enabled");
  CHECK(document->check());
}

}  // namespace alloy::discovery::linode
