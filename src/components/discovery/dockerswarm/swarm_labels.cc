// From nodes, services and tasks to targets.
#include "components/discovery/dockerswarm/swarm_labels.h"

#include "base/text.h"

namespace alloy::discovery::dockerswarm {
namespace {

constexpr std::string_view prefix = "__meta_dockerswarm_";

// Whether the other labels of a node are wanted too: those that tasks don't show.
enum class NodeLabels : unsigned char { all, of_tasks };

void put_node(TargetBuilder& builder, JsonNode node, NodeLabels wanted) {
  const auto put = [&](std::string_view name, std::string_view value) {
    builder.put(builder.keep(fmt::format("{}node_{}", prefix, name)), value);
  };
  const JsonNode description = node["Description"];
  put("id", node["ID"].text());
  put("role", node["Spec"]["Role"].text());
  put("availability", node["Spec"]["Availability"].text());
  put("hostname", description["Hostname"].text());
  put("platform_architecture", description["Platform"]["Architecture"].text());
  put("platform_os", description["Platform"]["OS"].text());
  put("status", node["Status"]["State"].text());
  put("address", node["Status"]["Addr"].text());
  for (const auto& [name, value] : node["Spec"]["Labels"].members())
    builder.put_sanitized("__meta_dockerswarm_node_label_", name, value.text());
  if (wanted == NodeLabels::of_tasks) return;
  put("engine_version", description["Engine"]["EngineVersion"].text());
  const JsonNode manager = node["ManagerStatus"];
  if (!manager) return;
  put("manager_leader", manager["Leader"].boolean() ? "true" : "false");
  put("manager_reachability", manager["Reachability"].text());
  put("manager_address", manager["Addr"].text());
}

void put_service(TargetBuilder& builder, JsonNode service) {
  const JsonNode spec = service["Spec"];
  builder.put("__meta_dockerswarm_service_id", service["ID"].text());
  builder.put("__meta_dockerswarm_service_name", spec["Name"].text());
  const JsonNode mode = spec["Mode"];
  builder.put("__meta_dockerswarm_service_mode", mode["Global"]       ? "global"
                                                 : mode["Replicated"] ? "replicated"
                                                                      : "");
  for (const auto& [name, value] : spec["Labels"].members())
    builder.put_sanitized("__meta_dockerswarm_service_label_", name, value.text());
}

JsonNode find_by_id(JsonNode list, std::string_view id) {
  for (const JsonNode& node : list.elements())
    if (node["ID"].text() == id) return node;
  return {};
}

Result<std::string_view> address_of(std::string_view network_address) {
  if (!network_address.contains('/'))
    return fail(fmt::format("error while parsing address {}: invalid CIDR address",
                            quote(network_address)));
  return without_prefix_length(network_address);
}

// A target for each TCP port that is published there; for the usual port when there is none.
Result<> add_port_targets(std::span<const Label> common, std::string_view network_address,
                          JsonNode ports, int usual_port,
                          void (*put_port)(TargetBuilder& builder, JsonNode port),
                          std::vector<Target>& targets) {
  TRY(const auto address, address_of(network_address));
  TargetBuilder builder;
  bool has_port = false;
  for (const JsonNode& port : ports.elements()) {
    if (port["Protocol"].text() != "tcp") continue;
    has_port = true;
    builder.reset(common);
    put_port(builder, port);
    builder.put_copy("__address__", join_host_port(address, port["PublishedPort"].integer()));
    targets.push_back(builder.build());
  }
  if (has_port) return {};
  builder.reset(common);
  builder.put_copy("__address__", join_host_port(address, usual_port));
  targets.push_back(builder.build());
  return {};
}

void put_task_port(TargetBuilder& builder, JsonNode port) {
  builder.put("__meta_dockerswarm_task_port_publish_mode", port["PublishMode"].text());
}

void put_service_port(TargetBuilder& builder, JsonNode port) {
  builder.put("__meta_dockerswarm_service_endpoint_port_name", port["Name"].text());
  builder.put("__meta_dockerswarm_service_endpoint_port_publish_mode", port["PublishMode"].text());
}

void put_task(TargetBuilder& builder, JsonNode task) {
  builder.put("__meta_dockerswarm_task_id", task["ID"].text());
  builder.put("__meta_dockerswarm_task_desired_state", task["DesiredState"].text());
  builder.put("__meta_dockerswarm_task_state", task["Status"]["State"].text());
  builder.put_copy("__meta_dockerswarm_task_slot", std::to_string(task["Slot"].integer()));
  if (const JsonNode container = task["Status"]["ContainerStatus"])
    builder.put("__meta_dockerswarm_task_container_id", container["ContainerID"].text());
  for (const auto& [name, value] : task["Spec"]["ContainerSpec"]["Labels"].members())
    builder.put_sanitized("__meta_dockerswarm_container_label_", name, value.text());
}

}  // namespace

Result<std::vector<Target>> node_targets(JsonNode nodes, int port) {
  std::vector<Target> targets;
  TargetBuilder builder;
  for (const JsonNode& node : nodes.elements()) {
    builder.reset();
    put_node(builder, node, NodeLabels::all);
    builder.put_copy("__address__", join_host_port(node["Status"]["Addr"].text(), port));
    targets.push_back(builder.build());
  }
  return targets;
}

Result<std::vector<Target>> service_targets(JsonNode services, const NetworkLabels& networks,
                                            int port) {
  std::vector<Target> targets;
  for (const JsonNode& service : services.elements()) {
    TargetBuilder common;
    put_service(common, service);
    const JsonNode container = service["Spec"]["TaskTemplate"]["ContainerSpec"];
    common.put("__meta_dockerswarm_service_task_container_hostname", container["Hostname"].text());
    common.put("__meta_dockerswarm_service_task_container_image", container["Image"].text());
    if (const JsonNode update = service["UpdateStatus"])
      common.put("__meta_dockerswarm_service_updating_status", update["State"].text());
    for (const JsonNode& address : service["Endpoint"]["VirtualIPs"].elements()) {
      TargetBuilder in_network;
      in_network.reset(common.labels());
      put_network(in_network, networks, address["NetworkID"].text());
      TRY(add_port_targets(in_network.labels(), address["Addr"].text(),
                           service["Endpoint"]["Ports"], port, &put_service_port, targets));
    }
  }
  return targets;
}

Result<std::vector<Target>> task_targets(const TaskSources& sources, int port) {
  std::vector<Target> targets;
  for (const JsonNode& task : sources.tasks.elements()) {
    const JsonNode service = find_by_id(sources.services, task["ServiceID"].text());
    const JsonNode node = find_by_id(sources.nodes, task["NodeID"].text());
    TargetBuilder common;
    put_task(common, task);
    if (service) put_service(common, service);
    if (node) put_node(common, node, NodeLabels::of_tasks);
    // Ports that are published on the node itself.
    TargetBuilder builder;
    for (const JsonNode& published : task["Status"]["PortStatus"]["Ports"].elements()) {
      if (published["Protocol"].text() != "tcp") continue;
      builder.reset(common.labels());
      put_task_port(builder, published);
      builder.put_copy("__address__", join_host_port(node["Status"]["Addr"].text(),
                                                     published["PublishedPort"].integer()));
      targets.push_back(builder.build());
    }
    for (const JsonNode& attachment : task["NetworksAttachments"].elements()) {
      TargetBuilder in_network;
      in_network.reset(common.labels());
      put_network(in_network, sources.networks, attachment["Network"]["ID"].text());
      for (const std::string_view address : attachment["Addresses"].texts())
        TRY(add_port_targets(in_network.labels(), address, service["Endpoint"]["Ports"], port,
                             &put_task_port, targets));
    }
  }
  return targets;
}

}  // namespace alloy::discovery::dockerswarm
