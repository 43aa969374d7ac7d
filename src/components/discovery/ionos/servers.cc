// The labels of servers.
#include "components/discovery/ionos/servers.h"

#include <map>

namespace alloy::discovery::ionos {
namespace {

using Addresses = std::vector<std::string_view>;

// Puts new addresses in front, as the real program does.
void put_in_front(Addresses& all, const Addresses& fresh) {
  all.insert(all.begin(), fresh.begin(), fresh.end());
}

void put_server(TargetBuilder& builder, JsonNode server) {
  const JsonNode properties = server["properties"];
  builder.put("__meta_ionos_server_availability_zone", properties["availabilityZone"].text());
  builder.put("__meta_ionos_server_cpu_family", properties["cpuFamily"].text());
  builder.put("__meta_ionos_server_id", server["id"].text());
  builder.put("__meta_ionos_server_lifecycle", server["metadata"]["state"].text());
  builder.put("__meta_ionos_server_name", properties["name"].text());
  builder.put("__meta_ionos_server_state", properties["vmState"].text());
  builder.put("__meta_ionos_server_type", properties["type"].text());
  if (const JsonNode cdrom = properties["bootCdrom"])
    builder.put("__meta_ionos_server_boot_cdrom_id", cdrom["id"].text());
  if (const JsonNode volume = properties["bootVolume"])
    builder.put("__meta_ionos_server_boot_volume_id", volume["id"].text());
  const auto volumes = server["entities"]["volumes"]["items"].elements();
  if (volumes.empty()) return;
  if (const JsonNode image = volumes[0]["properties"]["image"])
    builder.put("__meta_ionos_server_boot_image_id", image.text());
}

}  // namespace

std::vector<Target> server_targets(JsonNode servers, int port) {
  std::vector<Target> targets;
  TargetBuilder builder;
  for (const JsonNode& server : servers["items"].elements()) {
    Addresses all;
    std::map<std::string_view, Addresses> by_card;
    for (const JsonNode& card : server["entities"]["nics"]["items"].elements()) {
      const JsonNode name = card["properties"]["name"];
      const Addresses addresses = card["properties"]["ips"].texts();
      put_in_front(all, addresses);
      put_in_front(by_card[name ? name.text() : "unnamed"], addresses);
    }
    if (all.empty()) continue;
    builder.reset();
    put_server(builder, server);
    builder.put_copy("__address__", join_host_port(all[0], port));
    builder.put("__meta_ionos_server_servers_id", servers["id"].text());
    builder.put_tags("__meta_ionos_server_ip", all, ",");
    for (const auto& [name, addresses] : by_card)
      builder.put_sanitized("__meta_ionos_server_nic_ip_", name,
                            builder.keep(join_tags(addresses, ",")));
    targets.push_back(builder.build());
  }
  return targets;
}

}  // namespace alloy::discovery::ionos
