#include <doctest/doctest.h>

#include "components/discovery/digitalocean/droplets.h"

namespace alloy::discovery::digitalocean {

TEST_CASE("a page of droplets becomes targets") {
  const auto page = JsonDocument::parse(R"({"droplets":[{"id":3,"name":"d","status":"active",
    "size_slug":"s","image":{"slug":"i","name":"I"},"region":{"slug":"fra1"},"vpc_uuid":"v",
    "features":["ipv6"],"tags":["a","b"],"networks":{
      "v4":[{"ip_address":"10.0.0.1","type":"private"},{"ip_address":"1.2.3.4","type":"public"}],
      "v6":[{"ip_address":"2001:db8::1","type":"public"}]}},{"id":4,"networks":{"v4":[]}}]})");
  REQUIRE(page);
  const auto targets = droplet_targets(page->root(), 80);
  REQUIRE(targets.size() == 1);
  CHECK(targets[0].describe() ==
        R"({__address__="1.2.3.4:80", __meta_digitalocean_droplet_id="3", )"
        R"(__meta_digitalocean_droplet_name="d", __meta_digitalocean_features=",ipv6,", )"
        R"(__meta_digitalocean_image="i", __meta_digitalocean_image_name="I", )"
        R"(__meta_digitalocean_private_ipv4="10.0.0.1", )"
        R"(__meta_digitalocean_public_ipv4="1.2.3.4", )"
        R"(__meta_digitalocean_public_ipv6="2001:db8::1", __meta_digitalocean_region="fra1", )"
        R"(__meta_digitalocean_size="s", __meta_digitalocean_status="active", )"
        R"(__meta_digitalocean_tags=",a,b,", __meta_digitalocean_vpc="v"})");
}

}  // namespace alloy::discovery::digitalocean
