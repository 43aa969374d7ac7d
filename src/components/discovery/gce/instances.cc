// The labels of instances.
#include "components/discovery/gce/instances.h"

#include <fmt/format.h>

namespace alloy::discovery::gce {

std::vector<Target> instance_targets(JsonNode page, const TargetOptions& options) {
  std::vector<Target> targets;
  TargetBuilder builder;
  for (const JsonNode& instance : page["items"].elements()) {
    const auto interfaces = instance["networkInterfaces"].elements();
    if (interfaces.empty()) continue;
    const JsonNode first = interfaces[0];
    const auto address = first["networkIP"].text();
    builder.reset();
    builder.put_copy("__address__", fmt::format("{}:{}", address, options.port));
    builder.put("__meta_gce_project", options.project);
    builder.put("__meta_gce_zone", instance["zone"].text());
    builder.put_copy("__meta_gce_instance_id", instance["id"].scalar_text());
    builder.put("__meta_gce_instance_name", instance["name"].text());
    builder.put("__meta_gce_instance_status", instance["status"].text());
    builder.put("__meta_gce_machine_type", instance["machineType"].text());
    builder.put("__meta_gce_network", first["network"].text());
    builder.put("__meta_gce_subnetwork", first["subnetwork"].text());
    builder.put("__meta_gce_private_ip", address);
    for (const JsonNode& interface : interfaces)
      builder.put_sanitized("__meta_gce_interface_ipv4_", interface["name"].text(),
                            interface["networkIP"].text());
    builder.put_tags("__meta_gce_tags", instance["tags"]["items"].texts(), options.tag_separator);
    for (const JsonNode& entry : instance["metadata"]["items"].elements())
      if (entry["value"])
        builder.put_sanitized("__meta_gce_metadata_", entry["key"].text(), entry["value"].text());
    for (const auto& [name, value] : instance["labels"].members())
      builder.put_sanitized("__meta_gce_label_", name, value.text());
    const auto access = first["accessConfigs"].elements();
    if (!access.empty() && access[0]["type"].text() == "ONE_TO_ONE_NAT")
      builder.put("__meta_gce_public_ip", access[0]["natIP"].text());
    targets.push_back(builder.build());
  }
  return targets;
}

}  // namespace alloy::discovery::gce
