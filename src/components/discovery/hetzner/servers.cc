// The labels of cloud servers and of dedicated ones.
#include "components/discovery/hetzner/servers.h"

#include <fmt/format.h>

namespace alloy::discovery::hetzner {
namespace {

void put_private_addresses(TargetBuilder& builder, JsonNode server,
                           const std::vector<JsonNode>& networks) {
  for (const JsonNode& attached : server["private_net"].elements())
    for (const JsonNode& page : networks)
      for (const JsonNode& network : page["networks"].elements())
        if (attached["network"].integer() == network["id"].integer())
          builder.put_sanitized("__meta_hetzner_hcloud_private_ipv4_", network["name"].text(),
                                attached["ip"].text());
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

}  // namespace

std::vector<Target> cloud_targets(JsonNode servers, const std::vector<JsonNode>& networks,
                                  int port) {
  std::vector<Target> targets;
  TargetBuilder builder;
  for (const JsonNode& server : servers["servers"].elements()) {
    builder.reset();
    const auto address = server["public_net"]["ipv4"]["ip"].text();
    const JsonNode center = server["datacenter"];
    const JsonNode location = server["location"] ? server["location"] : center["location"];
    const JsonNode type = server["server_type"];
    builder.put_copy("__address__", join_host_port(address, port));
    builder.put("__meta_hetzner_role", "hcloud");
    builder.put_copy("__meta_hetzner_server_id", std::to_string(server["id"].integer()));
    builder.put("__meta_hetzner_server_name", server["name"].text());
    builder.put("__meta_hetzner_server_status", server["status"].text());
    builder.put("__meta_hetzner_public_ipv4", address);
    builder.put("__meta_hetzner_public_ipv6_network", server["public_net"]["ipv6"]["ip"].text());
    for (const std::string_view label : {"location", "datacenter_location"}) {
      builder.put(builder.keep(fmt::format("__meta_hetzner_hcloud_{}", label)),
                  location["name"].text());
      builder.put(builder.keep(fmt::format("__meta_hetzner_hcloud_{}_network_zone", label)),
                  location["network_zone"].text());
    }
    builder.put("__meta_hetzner_hcloud_server_type", type["name"].text());
    builder.put_copy("__meta_hetzner_hcloud_cpu_cores", std::to_string(type["cores"].integer()));
    builder.put("__meta_hetzner_hcloud_cpu_type", type["cpu_type"].text());
    builder.put_copy("__meta_hetzner_hcloud_memory_size_gb",
                     std::to_string(static_cast<int64_t>(type["memory"].number())));
    builder.put_copy("__meta_hetzner_hcloud_disk_size_gb",
                     std::to_string(static_cast<int64_t>(type["disk"].number())));
    if (center) builder.put("__meta_hetzner_datacenter", center["name"].text());
    if (const JsonNode image = server["image"]) {
      builder.put("__meta_hetzner_hcloud_image_name", image["name"].text());
      builder.put("__meta_hetzner_hcloud_image_description", image["description"].text());
      builder.put("__meta_hetzner_hcloud_image_os_version", image["os_version"].text());
      builder.put("__meta_hetzner_hcloud_image_os_flavor", image["os_flavor"].text());
    }
    put_private_addresses(builder, server, networks);
    for (const auto& [name, value] : server["labels"].members()) {
      builder.put_sanitized("__meta_hetzner_hcloud_labelpresent_", name, "true");
      builder.put_sanitized("__meta_hetzner_hcloud_label_", name, value.text());
    }
    targets.push_back(builder.build());
  }
  return targets;
}

std::vector<Target> robot_targets(JsonNode servers, int port) {
  std::vector<Target> targets;
  TargetBuilder builder;
  for (const JsonNode& entry : servers.elements()) {
    const JsonNode server = entry["server"];
    const auto address = server["server_ip"].text();
    const std::string center = lower(server["dc"].text());
    builder.reset();
    builder.put_copy("__address__", join_host_port(address, port));
    builder.put("__meta_hetzner_role", "robot");
    builder.put_copy("__meta_hetzner_server_id", std::to_string(server["server_number"].integer()));
    builder.put("__meta_hetzner_server_name", server["server_name"].text());
    builder.put("__meta_hetzner_datacenter", center);
    builder.put("__meta_hetzner_public_ipv4", address);
    builder.put("__meta_hetzner_server_status", server["status"].text());
    builder.put("__meta_hetzner_robot_datacenter", center);
    builder.put("__meta_hetzner_robot_product", server["product"].text());
    builder.put("__meta_hetzner_robot_cancelled", server["cancelled"].boolean() ? "true" : "false");
    for (const JsonNode& subnet : server["subnet"].elements()) {
      if (!subnet["ip"].text().contains(':')) continue;
      builder.put_copy("__meta_hetzner_public_ipv6_network",
                       fmt::format("{}/{}", subnet["ip"].text(), subnet["mask"].text()));
      break;
    }
    targets.push_back(builder.build());
  }
  return targets;
}

}  // namespace alloy::discovery::hetzner
