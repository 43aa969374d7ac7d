// The roles endpoints and endpointslice: the addresses behind services, with the labels of the
// service and of the pod that answers there.
#include "base/text.h"
#include "components/shared/kubernetes/kubernetes_pod.h"
#include "components/shared/kubernetes/roles.h"

namespace alloy::discovery::kubernetes {
namespace {

constexpr std::string_view namespace_label = "__meta_kubernetes_namespace";
constexpr std::string_view service_name_label = "kubernetes.io/service-name";

// The pods that endpoints lead to, and which of their ports have a target.
class SeenPods {
 public:
  void add(const Pod& pod, std::optional<int64_t> port) {
    auto& ports = find_or_add(pod);
    if (port) ports.push_back(*port);
  }
  // Targets for the ports of these pods that no endpoint is for.
  void add_targets(std::span<const Label> common, std::vector<Target>& targets) const;

 private:
  std::vector<int64_t>& find_or_add(const Pod& pod) {
    for (auto& [known, ports] : pods_)
      if (known == &pod) return ports;
    return pods_.emplace_back(&pod, std::vector<int64_t>()).second;
  }

  std::vector<std::pair<const Pod*, std::vector<int64_t>>> pods_;
};

void SeenPods::add_targets(std::span<const Label> common, std::vector<Target>& targets) const {
  TargetBuilder builder;
  for (const auto& [pod, ports] : pods_) {
    if (pod->ip.empty()) continue;
    for (const Container& container : pod->containers) {
      for (const ContainerPort& port : container.ports) {
        if (std::ranges::find(ports, port.number) != ports.end()) continue;
        builder.reset(common);
        put_pod(builder, *pod);
        builder.put_copy("__address__", join_host_port(pod->ip, port.number));
        put_container_port(builder, container, port, port.protocol);
        targets.push_back(builder.build());
      }
    }
  }
}

const Pod* target_pod(const std::optional<ObjectReference>& target, Lookup& lookup) {
  if (!target || target->kind != "Pod") return nullptr;
  return lookup.find<Pod>(pod_type, object_key(target->name_space, target->name));
}

// The labels of the container whose port this is, if there is one; of several the last.
enum class ProtocolOf : unsigned char { endpoint, container };
void put_matching_port(TargetBuilder& builder, const Pod& pod, int64_t port,
                       std::string_view endpoint_protocol, ProtocolOf protocol) {
  for (const Container& container : pod.containers) {
    const auto found = std::ranges::find(container.ports, port, &ContainerPort::number);
    if (found == container.ports.end()) continue;
    put_container_port(
        builder, container, *found,
        protocol == ProtocolOf::endpoint ? endpoint_protocol : std::string_view(found->protocol));
  }
}

const Service* put_service(TargetBuilder& builder, const std::string& name_space,
                           const std::string& name, Lookup& lookup) {
  const auto* service = lookup.find<Service>(service_type, object_key(name_space, name));
  if (service != nullptr) put_object_meta(builder, service->meta, "service");
  return service;
}

void put_target(TargetBuilder& builder, const std::optional<ObjectReference>& target,
                std::string_view prefix) {
  if (!target) return;
  builder.put(builder.keep(fmt::format("{}_address_target_kind", prefix)), target->kind);
  builder.put(builder.keep(fmt::format("{}_address_target_name", prefix)), target->name);
}

void put_endpoint(TargetBuilder& builder, const EndpointAddress& address, const ServicePort& port) {
  builder.put_copy("__address__", join_host_port(address.ip, port.number));
  builder.put("__meta_kubernetes_endpoint_port_name", port.name);
  builder.put("__meta_kubernetes_endpoint_port_protocol", port.protocol);
  builder.put("__meta_kubernetes_endpoint_ready", address.is_ready ? "true" : "false");
  put_target(builder, address.target, "__meta_kubernetes_endpoint");
  if (address.node_name) builder.put("__meta_kubernetes_endpoint_node_name", *address.node_name);
  if (!address.hostname.empty())
    builder.put("__meta_kubernetes_endpoint_hostname", address.hostname);
}

// Everything about an endpoint of a slice that isn't its port.
void put_slice_endpoint(TargetBuilder& builder, const SliceEndpoint& endpoint) {
  const auto put_text = [&](std::string_view name, const std::optional<std::string>& value) {
    if (value) builder.put(name, *value);
  };
  const auto put_flag = [&](std::string_view name, std::optional<bool> value) {
    if (value) builder.put(name, *value ? "true" : "false");
  };
  put_flag("__meta_kubernetes_endpointslice_endpoint_conditions_ready", endpoint.ready);
  put_flag("__meta_kubernetes_endpointslice_endpoint_conditions_serving", endpoint.serving);
  put_flag("__meta_kubernetes_endpointslice_endpoint_conditions_terminating", endpoint.terminating);
  put_text("__meta_kubernetes_endpointslice_endpoint_hostname", endpoint.hostname);
  put_text("__meta_kubernetes_endpointslice_endpoint_node_name", endpoint.node_name);
  put_text("__meta_kubernetes_endpointslice_endpoint_zone", endpoint.zone);
  put_target(builder, endpoint.target, "__meta_kubernetes_endpointslice");
  for (const auto& [name, value] : endpoint.topology) {
    builder.put_sanitized("__meta_kubernetes_endpointslice_endpoint_topology_", name, value);
    builder.put_sanitized("__meta_kubernetes_endpointslice_endpoint_topology_present_", name,
                          "true");
  }
}

void put_slice_port(TargetBuilder& builder, const SlicePort& port) {
  if (port.name) builder.put("__meta_kubernetes_endpointslice_port_name", *port.name);
  if (port.protocol) builder.put("__meta_kubernetes_endpointslice_port_protocol", *port.protocol);
  if (port.number)
    builder.put_copy("__meta_kubernetes_endpointslice_port", std::to_string(*port.number));
  if (port.app_protocol)
    builder.put("__meta_kubernetes_endpointslice_port_app_protocol", *port.app_protocol);
}

}  // namespace

std::vector<Target> endpoints_targets(const ClusterObject& object, Lookup& lookup,
                                      const Attachments& attachments) {
  const auto& endpoints = static_cast<const Endpoints&>(object);
  TargetBuilder common;
  common.put(namespace_label, endpoints.meta.name_space);
  put_service(common, endpoints.meta.name_space, endpoints.meta.name, lookup);
  put_object_meta(common, endpoints.meta, "endpoints");
  attach_namespace(common, endpoints.meta.name_space, lookup, attachments);
  std::vector<Target> targets;
  SeenPods seen;
  TargetBuilder builder;
  const auto add = [&](const EndpointAddress& address, const ServicePort& port) {
    builder.reset(common.labels());
    put_endpoint(builder, address, port);
    if (address.node_name) {
      attach_node(builder, *address.node_name, lookup, attachments);
    } else if (address.target && address.target->kind == "Node") {
      attach_node(builder, address.target->name, lookup, attachments);
    }
    if (const Pod* pod = target_pod(address.target, lookup)) {
      put_pod(builder, *pod);
      put_matching_port(builder, *pod, port.number, port.protocol, ProtocolOf::endpoint);
      seen.add(*pod, port.number);
    }
    targets.push_back(builder.build());
  };
  for (const EndpointSubset& subset : endpoints.subsets)
    for (const ServicePort& port : subset.ports)
      for (const EndpointAddress& address : subset.addresses) add(address, port);
  seen.add_targets(common.labels(), targets);
  return targets;
}

std::vector<Target> endpoint_slice_targets(const ClusterObject& object, Lookup& lookup,
                                           const Attachments& attachments) {
  const auto& slice = static_cast<const EndpointSlice&>(object);
  TargetBuilder common;
  common.put(namespace_label, slice.meta.name_space);
  common.put("__meta_kubernetes_endpointslice_address_type", slice.address_type);
  put_object_meta(common, slice.meta, "endpointslice");
  if (const std::string* name = slice.meta.label(service_name_label)) {
    const Service* service = put_service(common, slice.meta.name_space, *name, lookup);
    // A service with both address families has a slice for each, with the same endpoints.
    const bool is_second = service != nullptr && !service->primary_family.empty() &&
                           service->primary_family != slice.address_type;
    if (is_second) return {};
  }
  attach_namespace(common, slice.meta.name_space, lookup, attachments);
  std::vector<Target> targets;
  SeenPods seen;
  TargetBuilder builder;
  const auto add = [&](const std::string& address, const SliceEndpoint& endpoint,
                       const SlicePort& port) {
    builder.reset(common.labels());
    builder.put_copy("__address__", port.number ? join_host_port(address, *port.number) : address);
    put_slice_port(builder, port);
    put_slice_endpoint(builder, endpoint);
    if (endpoint.target && endpoint.target->kind == "Node") {
      attach_node(builder, endpoint.target->name, lookup, attachments);
    } else if (endpoint.node_name) {
      attach_node(builder, *endpoint.node_name, lookup, attachments);
    }
    if (const Pod* pod = target_pod(endpoint.target, lookup)) {
      put_pod(builder, *pod);
      if (port.number) put_matching_port(builder, *pod, *port.number, {}, ProtocolOf::container);
      seen.add(*pod, port.number);
    }
    targets.push_back(builder.build());
  };
  for (const SliceEndpoint& endpoint : slice.endpoints)
    for (const SlicePort& port : slice.ports)
      for (const std::string& address : endpoint.addresses) add(address, endpoint, port);
  seen.add_targets(common.labels(), targets);
  return targets;
}

}  // namespace alloy::discovery::kubernetes
