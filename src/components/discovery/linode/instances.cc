// The labels of instances.
#include "components/discovery/linode/instances.h"

#include <map>

#include <fmt/format.h>

namespace alloy::discovery::linode {
namespace {

using AddressMap = std::map<std::string_view, JsonNode>;

std::string_view name_of(JsonNode address) {
  const auto name = address["rdns"].text();
  return name == "null" ? std::string_view() : name;
}

void put_ipv4(TargetBuilder& builder, JsonNode instance, const AddressMap& addresses,
              const TargetOptions& options) {
  JsonNode public_one;
  JsonNode private_one;
  std::vector<std::string_view> more;
  for (const std::string_view text : instance["ipv4"].texts()) {
    const auto found = addresses.find(text);
    if (found == addresses.end()) continue;
    const bool is_public = found->second["public"].boolean();
    JsonNode& first = is_public ? public_one : private_one;
    if (!first) {
      first = found->second;
    } else {
      more.push_back(text);
    }
  }
  const auto public_address = public_one["address"].text();
  builder.put_copy("__address__", join_host_port(public_address, options.port));
  builder.put("__meta_linode_public_ipv4", public_address);
  builder.put("__meta_linode_public_ipv4_rdns", name_of(public_one));
  builder.put("__meta_linode_private_ipv4", private_one["address"].text());
  builder.put("__meta_linode_private_ipv4_rdns", name_of(private_one));
  builder.put_tags("__meta_linode_extra_ips", more, options.tag_separator);
}

void put_ipv6(TargetBuilder& builder, JsonNode instance, const Lists& lists,
              const AddressMap& addresses, std::string_view tag_separator) {
  const auto given = instance["ipv6"].text();
  const auto own = given.substr(0, given.find('/'));
  const auto found = own.empty() ? addresses.end() : addresses.find(own);
  const JsonNode detail = found == addresses.end() ? JsonNode() : found->second;
  builder.put("__meta_linode_public_ipv6", detail["address"].text());
  builder.put("__meta_linode_public_ipv6_rdns", name_of(detail));
  std::vector<std::string_view> ranges;
  for (const JsonNode& range : lists.ranges)
    if (!own.empty() && range["route_target"].text() == own)
      ranges.push_back(
          builder.keep(fmt::format("{}/{}", range["range"].text(), range["prefix"].integer())));
  builder.put_tags("__meta_linode_ipv6_ranges", ranges, tag_separator);
}

void put_size(TargetBuilder& builder, std::string_view label, JsonNode mebibytes) {
  builder.put_copy(label, std::to_string(mebibytes.integer() << 20));
}

}  // namespace

std::vector<Target> instance_targets(const Lists& lists, const TargetOptions& options) {
  AddressMap addresses;
  for (const JsonNode& address : lists.addresses)
    addresses.emplace(address["address"].text(), address);
  std::vector<Target> targets;
  TargetBuilder builder;
  for (const JsonNode& instance : lists.instances) {
    if (instance["ipv4"].elements().empty()) continue;
    const JsonNode specs = instance["specs"];
    builder.reset();
    put_ipv4(builder, instance, addresses, options);
    put_ipv6(builder, instance, lists, addresses, options.tag_separator);
    builder.put_copy("__meta_linode_instance_id", std::to_string(instance["id"].integer()));
    builder.put("__meta_linode_instance_label", instance["label"].text());
    for (const std::string_view name : {"image", "region", "type", "status", "group", "hypervisor"})
      builder.put(builder.keep(fmt::format("__meta_linode_{}", name)), instance[name].text());
    builder.put_copy("__meta_linode_gpus", std::to_string(specs["gpus"].integer()));
    builder.put("__meta_linode_backups",
                instance["backups"]["enabled"].boolean() ? "enabled" : "disabled");
    put_size(builder, "__meta_linode_specs_disk_bytes", specs["disk"]);
    put_size(builder, "__meta_linode_specs_memory_bytes", specs["memory"]);
    builder.put_copy("__meta_linode_specs_vcpus", std::to_string(specs["vcpus"].integer()));
    put_size(builder, "__meta_linode_specs_transfer_bytes", specs["transfer"]);
    builder.put_tags("__meta_linode_tags", instance["tags"].texts(), options.tag_separator);
    targets.push_back(builder.build());
  }
  return targets;
}

}  // namespace alloy::discovery::linode
