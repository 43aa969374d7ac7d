// The roles node, pod, service and ingress.
#include "components/shared/kubernetes/roles.h"

#include "base/text.h"
#include "components/shared/kubernetes/kubernetes_pod.h"

namespace alloy::discovery::kubernetes {
namespace {

constexpr std::array roles = {
    Role{"node", "node/", &node_type, false, &node_targets},
    Role{"pod", "pod/", &pod_type, false, &pod_role_targets},
    Role{"service", "svc/", &service_type, false, &service_targets},
    Role{"endpoints", "endpoints/", &endpoints_type, true, &endpoints_targets},
    Role{"endpointslice", "endpointslice/", &endpoint_slice_type, true, &endpoint_slice_targets},
    Role{"ingress", "ingress/", &ingress_type, false, &ingress_targets},
};

constexpr std::string_view namespace_label = "__meta_kubernetes_namespace";

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

const std::string* first_of(const Texts& texts, std::string_view name) {
  for (const auto& [key, value] : texts)
    if (key == name) return &value;
  return nullptr;
}

// The address to reach a node by, the kinds in order of preference.
const std::string* node_address(const Node& node) {
  for (const std::string_view kind :
       {"InternalIP", "InternalDNS", "ExternalIP", "ExternalDNS", "LegacyHostIP", "Hostname"})
    if (const std::string* address = first_of(node.addresses, kind)) return address;
  return nullptr;
}

}  // namespace

const Role* find_role(std::string_view name) {
  for (const Role& role : roles)
    if (role.name == name) return &role;
  return nullptr;
}

void attach_node(TargetBuilder& builder, const std::string& node_name, Lookup& lookup,
                 const Attachments& attachments) {
  if (!attachments.node) return;
  if (const auto* node = lookup.find<Node>(node_type, node_name))
    put_object_meta(builder, node->meta, "node");
}

void attach_namespace(TargetBuilder& builder, const std::string& name, Lookup& lookup,
                      const Attachments& attachments) {
  if (!attachments.name_space) return;
  if (const auto* found = lookup.find<Namespace>(namespace_type, name))
    put_labels_and_annotations(builder, found->meta, "namespace");
}

std::vector<Target> node_targets(const ClusterObject& object, Lookup&, const Attachments&) {
  const auto& node = static_cast<const Node&>(object);
  const std::string* address = node_address(node);
  if (address == nullptr) return {};
  TargetBuilder builder;
  builder.put("__meta_kubernetes_node_provider_id", node.provider_id);
  for (const auto& [type, status] : node.conditions)
    builder.put_copy("__meta_kubernetes_node_condition_" + sanitize_label_name(lower(type)),
                     lower(status));
  put_object_meta(builder, node.meta, "node");
  builder.put_copy("__address__", join_host_port(*address, node.kubelet_port));
  builder.put("instance", node.meta.name);
  for (const auto& [type, value] : node.addresses)
    builder.put_sanitized("__meta_kubernetes_node_address_", type, *first_of(node.addresses, type));
  return {builder.build()};
}

std::vector<Target> pod_role_targets(const ClusterObject& object, Lookup& lookup,
                                     const Attachments& attachments) {
  const auto& pod = static_cast<const Pod&>(object);
  // A pod that starts, or was evicted, has no address.
  if (pod.ip.empty()) return {};
  // Pods on nodes that the selectors leave out are left out too.
  if (attachments.node && lookup.find<Node>(node_type, pod.node_name) == nullptr) return {};
  TargetBuilder common;
  put_pod(common, pod);
  common.put(namespace_label, pod.meta.name_space);
  attach_node(common, pod.node_name, lookup, attachments);
  attach_namespace(common, pod.meta.name_space, lookup, attachments);
  return pod_targets(pod, common.labels());
}

std::vector<Target> service_targets(const ClusterObject& object, Lookup& lookup,
                                    const Attachments& attachments) {
  const auto& service = static_cast<const Service&>(object);
  TargetBuilder common;
  common.put(namespace_label, service.meta.name_space);
  put_object_meta(common, service.meta, "service");
  attach_namespace(common, service.meta.name_space, lookup, attachments);
  common.put("__meta_kubernetes_service_type", service.type);
  if (service.type == "ExternalName") {
    common.put("__meta_kubernetes_service_external_name", service.external_name);
  } else {
    common.put("__meta_kubernetes_service_cluster_ip", service.cluster_ip);
  }
  if (service.type == "LoadBalancer")
    common.put("__meta_kubernetes_service_loadbalancer_ip", service.load_balancer_ip);
  const std::string host = service.meta.name + "." + service.meta.name_space + ".svc";
  std::vector<Target> targets;
  TargetBuilder builder;
  for (const ServicePort& port : service.ports) {
    builder.reset(common.labels());
    builder.put_copy("__address__", join_host_port(host, port.number));
    builder.put("__meta_kubernetes_service_port_name", port.name);
    builder.put_copy("__meta_kubernetes_service_port_number", std::to_string(port.number));
    builder.put("__meta_kubernetes_service_port_protocol", port.protocol);
    targets.push_back(builder.build());
  }
  return targets;
}

std::vector<Target> ingress_targets(const ClusterObject& object, Lookup& lookup,
                                    const Attachments& attachments) {
  const auto& ingress = static_cast<const Ingress&>(object);
  TargetBuilder common;
  common.put(namespace_label, ingress.meta.name_space);
  if (ingress.class_name) common.put("__meta_kubernetes_ingress_class_name", *ingress.class_name);
  put_object_meta(common, ingress.meta, "ingress");
  attach_namespace(common, ingress.meta.name_space, lookup, attachments);
  std::vector<Target> targets;
  TargetBuilder builder;
  for (const IngressRule& rule : ingress.rules) {
    const bool is_secure = std::ranges::any_of(ingress.tls_hosts, [&](const std::string& pattern) {
      return matches_host_pattern(pattern, rule.host);
    });
    for (const std::string& path : rule.paths) {
      builder.reset(common.labels());
      builder.put("__address__", rule.host);
      builder.put("__meta_kubernetes_ingress_scheme", is_secure ? "https" : "http");
      builder.put("__meta_kubernetes_ingress_host", rule.host);
      builder.put("__meta_kubernetes_ingress_path", path);
      targets.push_back(builder.build());
    }
  }
  return targets;
}

bool matches_host_pattern(std::string_view pattern, std::string_view host) {
  if (pattern == host) return true;
  if (!pattern.starts_with("*.")) return false;
  const size_t dot = host.find('.');
  return dot != std::string_view::npos && host.substr(dot) == pattern.substr(1);
}

}  // namespace alloy::discovery::kubernetes
