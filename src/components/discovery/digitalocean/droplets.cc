// The labels of droplets.
#include "components/discovery/digitalocean/droplets.h"

namespace alloy::discovery::digitalocean {
namespace {

// The first address of that type.
std::string_view address_of(JsonNode addresses, std::string_view type) {
  for (const JsonNode& address : addresses.elements())
    if (address["type"].text() == type) return address["ip_address"].text();
  return {};
}

}  // namespace

std::vector<Target> droplet_targets(JsonNode page, int port) {
  std::vector<Target> targets;
  TargetBuilder builder;
  for (const JsonNode& droplet : page["droplets"].elements()) {
    const JsonNode v4 = droplet["networks"]["v4"];
    if (v4.elements().empty()) continue;
    const auto public_address = address_of(v4, "public");
    builder.reset();
    builder.put_copy("__address__", join_host_port(public_address, port));
    builder.put_copy("__meta_digitalocean_droplet_id", std::to_string(droplet["id"].integer()));
    builder.put("__meta_digitalocean_droplet_name", droplet["name"].text());
    builder.put("__meta_digitalocean_image", droplet["image"]["slug"].text());
    builder.put("__meta_digitalocean_image_name", droplet["image"]["name"].text());
    builder.put("__meta_digitalocean_private_ipv4", address_of(v4, "private"));
    builder.put("__meta_digitalocean_public_ipv4", public_address);
    builder.put("__meta_digitalocean_public_ipv6", address_of(droplet["networks"]["v6"], "public"));
    builder.put("__meta_digitalocean_region", droplet["region"]["slug"].text());
    builder.put("__meta_digitalocean_size", droplet["size_slug"].text());
    builder.put("__meta_digitalocean_status", droplet["status"].text());
    builder.put("__meta_digitalocean_vpc", droplet["vpc_uuid"].text());
    builder.put_tags("__meta_digitalocean_features", droplet["features"].texts(), ",");
    builder.put_tags("__meta_digitalocean_tags", droplet["tags"].texts(), ",");
    targets.push_back(builder.build());
  }
  return targets;
}

}  // namespace alloy::discovery::digitalocean
