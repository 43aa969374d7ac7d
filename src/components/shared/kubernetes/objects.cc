// Reading Kubernetes objects from JSON.
#include "components/shared/kubernetes/objects.h"

#include <algorithm>

namespace alloy::kubernetes {
namespace {

std::string text(JsonNode node) { return std::string(node.text()); }

std::optional<std::string> optional_text(JsonNode node) {
  return node ? std::optional(text(node)) : std::nullopt;
}

std::optional<bool> optional_boolean(JsonNode node) {
  return node ? std::optional(node.boolean()) : std::nullopt;
}

Texts texts(JsonNode object) {
  Texts all;
  for (const auto& [name, value] : object.members()) all.emplace_back(name, value.text());
  return all;
}

std::string lower(std::string value) {
  for (char& c : value)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return value;
}

template <class T>
T with_meta(JsonNode object) {
  T result;
  result.meta = decode_meta(object);
  return result;
}

Namespace decode_namespace(JsonNode object) { return with_meta<Namespace>(object); }

Node decode_node(JsonNode object) {
  Node node = with_meta<Node>(object);
  node.provider_id = text(object["spec"]["providerID"]);
  const JsonNode status = object["status"];
  for (const JsonNode& address : status["addresses"].elements())
    node.addresses.emplace_back(address["type"].text(), address["address"].text());
  for (const JsonNode& condition : status["conditions"].elements())
    node.conditions.emplace_back(condition["type"].text(), condition["status"].text());
  node.kubelet_port = status["daemonEndpoints"]["kubeletEndpoint"]["Port"].integer();
  return node;
}

void add_containers(Pod& pod, JsonNode specs, JsonNode statuses, bool is_init) {
  for (const JsonNode& spec : specs.elements()) {
    Container& container = pod.containers.emplace_back();
    container.name = text(spec["name"]);
    container.image = text(spec["image"]);
    container.is_init = is_init;
    for (const JsonNode& port : spec["ports"].elements())
      container.ports.push_back({.name = text(port["name"]),
                                 .protocol = text(port["protocol"]),
                                 .number = port["containerPort"].integer()});
    for (const JsonNode& status : statuses.elements()) {
      if (status["name"].text() != container.name) continue;
      container.id = text(status["containerID"]);
      break;
    }
  }
}

std::vector<ServicePort> service_ports(JsonNode ports) {
  std::vector<ServicePort> all;
  for (const JsonNode& port : ports.elements())
    all.push_back({.name = text(port["name"]),
                   .protocol = text(port["protocol"]),
                   .number = port["port"].integer()});
  return all;
}

Service decode_service(JsonNode object) {
  Service service = with_meta<Service>(object);
  const JsonNode spec = object["spec"];
  service.type = text(spec["type"]);
  service.cluster_ip = text(spec["clusterIP"]);
  service.external_name = text(spec["externalName"]);
  service.ports = service_ports(spec["ports"]);
  service.load_balancer_ip = text(spec["loadBalancerIP"]);
  const auto policy = spec["ipFamilyPolicy"].text();
  const auto families = spec["ipFamilies"].texts();
  if (!families.empty() && (policy == "PreferDualStack" || policy == "RequireDualStack"))
    service.primary_family = families[0];
  return service;
}

std::optional<ObjectReference> reference(JsonNode node) {
  if (!node) return std::nullopt;
  return ObjectReference{.kind = text(node["kind"]),
                         .name_space = text(node["namespace"]),
                         .name = text(node["name"])};
}

Endpoints decode_endpoints(JsonNode object) {
  Endpoints endpoints = with_meta<Endpoints>(object);
  for (const JsonNode& node : object["subsets"].elements()) {
    EndpointSubset& subset = endpoints.subsets.emplace_back();
    subset.ports = service_ports(node["ports"]);
    for (const bool is_ready : {true, false})
      for (const JsonNode& address : node[is_ready ? "addresses" : "notReadyAddresses"].elements())
        subset.addresses.push_back({.ip = text(address["ip"]),
                                    .hostname = text(address["hostname"]),
                                    .node_name = optional_text(address["nodeName"]),
                                    .target = reference(address["targetRef"]),
                                    .is_ready = is_ready});
  }
  return endpoints;
}

EndpointSlice decode_endpoint_slice(JsonNode object) {
  EndpointSlice slice = with_meta<EndpointSlice>(object);
  slice.address_type = text(object["addressType"]);
  for (const JsonNode& node : object["endpoints"].elements()) {
    SliceEndpoint& endpoint = slice.endpoints.emplace_back();
    for (const std::string_view address : node["addresses"].texts())
      endpoint.addresses.emplace_back(address);
    const JsonNode conditions = node["conditions"];
    endpoint.ready = optional_boolean(conditions["ready"]);
    endpoint.serving = optional_boolean(conditions["serving"]);
    endpoint.terminating = optional_boolean(conditions["terminating"]);
    endpoint.hostname = optional_text(node["hostname"]);
    endpoint.node_name = optional_text(node["nodeName"]);
    endpoint.zone = optional_text(node["zone"]);
    endpoint.target = reference(node["targetRef"]);
    endpoint.topology = texts(node["deprecatedTopology"]);
  }
  for (const JsonNode& node : object["ports"].elements()) {
    SlicePort& port = slice.ports.emplace_back();
    port.name = optional_text(node["name"]);
    port.protocol = optional_text(node["protocol"]);
    if (node["port"]) port.number = node["port"].integer();
    port.app_protocol = optional_text(node["appProtocol"]);
  }
  return slice;
}

Ingress decode_ingress(JsonNode object) {
  Ingress ingress = with_meta<Ingress>(object);
  const JsonNode spec = object["spec"];
  ingress.class_name = optional_text(spec["ingressClassName"]);
  for (const JsonNode& tls : spec["tls"].elements())
    for (const std::string_view host : tls["hosts"].texts()) ingress.tls_hosts.emplace_back(host);
  for (const JsonNode& node : spec["rules"].elements()) {
    IngressRule& rule = ingress.rules.emplace_back();
    rule.host = text(node["host"]);
    if (!node["http"]) {
      rule.paths.emplace_back("/");
      continue;
    }
    for (const JsonNode& path : node["http"]["paths"].elements()) {
      const auto given = path["path"].text();
      rule.paths.emplace_back(given.empty() ? "/" : given);
    }
  }
  return ingress;
}

}  // namespace

const std::string* ObjectMeta::label(std::string_view key) const {
  for (const auto& [label_name, value] : labels)
    if (label_name == key) return &value;
  return nullptr;
}

std::string object_key(std::string_view name_space, std::string_view name) {
  std::string key(name_space);
  if (!key.empty()) key += '/';
  return key += name;
}

ObjectMeta decode_meta(JsonNode object) {
  const JsonNode node = object["metadata"];
  ObjectMeta meta{.name = text(node["name"]),
                  .name_space = text(node["namespace"]),
                  .uid = text(node["uid"]),
                  .labels = texts(node["labels"]),
                  .annotations = texts(node["annotations"]),
                  .controller = std::nullopt};
  for (const JsonNode& owner : node["ownerReferences"].elements()) {
    if (!owner["controller"].boolean()) continue;
    meta.controller = Owner{.kind = text(owner["kind"]), .name = text(owner["name"])};
    break;
  }
  return meta;
}

Pod decode_pod(JsonNode object) {
  Pod pod = with_meta<Pod>(object);
  const JsonNode spec = object["spec"];
  const JsonNode status = object["status"];
  pod.ip = text(status["podIP"]);
  pod.host_ip = text(status["hostIP"]);
  pod.phase = text(status["phase"]);
  pod.node_name = text(spec["nodeName"]);
  pod.ready = "unknown";
  for (const JsonNode& condition : status["conditions"].elements()) {
    if (condition["type"].text() != "Ready") continue;
    pod.ready = lower(text(condition["status"]));
    break;
  }
  add_containers(pod, spec["containers"], status["containerStatuses"], false);
  add_containers(pod, spec["initContainers"], status["initContainerStatuses"], true);
  return pod;
}

constinit const ObjectType namespace_type =
    object_type<Namespace, decode_namespace>("namespace", "/api/v1", "namespaces", false);
constinit const ObjectType node_type =
    object_type<Node, decode_node>("node", "/api/v1", "nodes", false);
constinit const ObjectType pod_type = object_type<Pod, decode_pod>("pod", "/api/v1", "pods");
constinit const ObjectType service_type =
    object_type<Service, decode_service>("service", "/api/v1", "services");
constinit const ObjectType endpoints_type =
    object_type<Endpoints, decode_endpoints>("endpoints", "/api/v1", "endpoints");
constinit const ObjectType endpoint_slice_type = object_type<EndpointSlice, decode_endpoint_slice>(
    "endpointslice", "/apis/discovery.k8s.io/v1", "endpointslices");
constinit const ObjectType ingress_type =
    object_type<Ingress, decode_ingress>("ingress", "/apis/networking.k8s.io/v1", "ingresses");

}  // namespace alloy::kubernetes
