// The labels of Azure's virtual machines.
#include "components/discovery/azure/machines.h"

#include "base/text.h"
#include "net/http_message.h"

namespace alloy::discovery::azure {

Machine read_machine(JsonNode node, std::string scale_set) {
  const JsonNode properties = node["properties"];
  Machine machine{.id = std::string(node["id"].text()),
                  .name = std::string(node["name"].text()),
                  .computer_name = std::string(properties["osProfile"]["computerName"].text()),
                  .location = std::string(node["location"].text()),
                  .os_type = std::string(properties["storageProfile"]["osDisk"]["osType"].text()),
                  .size = std::string(properties["hardwareProfile"]["vmSize"].text()),
                  .scale_set = std::move(scale_set),
                  .tags = {},
                  .interfaces = {}};
  for (const auto& [name, value] : node["tags"].members())
    machine.tags.emplace_back(name, value.text());
  for (const JsonNode& interface : properties["networkProfile"]["networkInterfaces"].elements())
    machine.interfaces.emplace_back(interface["id"].text());
  return machine;
}

Interface read_interface(JsonNode node) {
  const JsonNode properties = node["properties"];
  Interface interface;
  if (properties["primary"]) interface.is_primary = properties["primary"].boolean();
  const auto configurations = properties["ipConfigurations"].elements();
  if (configurations.empty()) return interface;
  const JsonNode first = configurations[0]["properties"];
  interface.private_address = first["privateIPAddress"].text();
  interface.public_address = first["publicIPAddress"]["properties"]["ipAddress"].text();
  return interface;
}

Target machine_target(const Machine& machine, const Interface& interface, const Place& place) {
  TargetBuilder builder;
  builder.put_copy("__address__", join_host_port(interface.private_address, place.port));
  builder.put("__meta_azure_subscription_id", place.subscription_id);
  builder.put("__meta_azure_tenant_id", place.tenant_id);
  builder.put("__meta_azure_machine_id", machine.id);
  builder.put_copy("__meta_azure_machine_resource_group", resource_group_of(machine.id));
  builder.put("__meta_azure_machine_name", machine.name);
  builder.put("__meta_azure_machine_computer_name", machine.computer_name);
  builder.put("__meta_azure_machine_os_type", machine.os_type);
  builder.put("__meta_azure_machine_location", machine.location);
  builder.put("__meta_azure_machine_size", machine.size);
  builder.put("__meta_azure_machine_private_ip", interface.private_address);
  if (!interface.public_address.empty())
    builder.put("__meta_azure_machine_public_ip", interface.public_address);
  if (!machine.scale_set.empty()) builder.put("__meta_azure_machine_scale_set", machine.scale_set);
  for (const auto& [name, value] : machine.tags)
    builder.put_sanitized("__meta_azure_machine_tag_", name, value);
  return builder.build();
}

std::string resource_group_of(std::string_view id) {
  const auto parts = split(id, '/');
  for (size_t i = 0; i + 1 < parts.size(); ++i)
    if (net::equals_ignoring_case(parts[i], "resourceGroups")) return std::string(parts[i + 1]);
  return {};
}

}  // namespace alloy::discovery::azure
