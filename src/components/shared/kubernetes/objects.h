// The Kubernetes objects that discovery looks at, reduced to what it needs of them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "components/shared/json.h"

namespace alloy::kubernetes {

using Texts = std::vector<std::pair<std::string, std::string>>;

struct Owner {
  std::string kind;
  std::string name;
  bool operator==(const Owner&) const = default;
};

// What all objects have.
struct ObjectMeta {
  std::string name;
  std::string name_space;
  std::string uid;
  Texts labels;
  Texts annotations;
  std::optional<Owner> controller;  // The owner that manages it.
  bool operator==(const ObjectMeta&) const = default;

  const std::string* label(std::string_view key) const;
};

// "namespace/name", or the name of what is in no namespace.
std::string object_key(std::string_view name_space, std::string_view name);

struct ClusterObject {
  ObjectMeta meta;

  virtual ~ClusterObject() = default;
  std::string key() const { return object_key(meta.name_space, meta.name); }
  bool operator==(const ClusterObject&) const = default;
};
using ClusterObjectPointer = std::shared_ptr<const ClusterObject>;

struct Namespace final : ClusterObject {
  bool operator==(const Namespace&) const = default;
};

struct Node final : ClusterObject {
  std::string provider_id;
  Texts addresses;   // Type and address.
  Texts conditions;  // Type and status.
  int64_t kubelet_port = 0;
  bool operator==(const Node&) const = default;
};

struct ContainerPort {
  std::string name;
  std::string protocol;
  int64_t number = 0;
  bool operator==(const ContainerPort&) const = default;
};

struct Container {
  std::string name;
  std::string image;
  std::string id;  // From its status.
  bool is_init = false;
  std::vector<ContainerPort> ports;
  bool operator==(const Container&) const = default;
};

struct Pod final : ClusterObject {
  std::string ip;
  std::string host_ip;
  std::string phase;
  std::string ready;  // "true", "false" or "unknown".
  std::string node_name;
  std::vector<Container> containers;  // The init containers last.
  bool operator==(const Pod&) const = default;
};

struct ServicePort {
  std::string name;
  std::string protocol;
  int64_t number = 0;
  bool operator==(const ServicePort&) const = default;
};

struct Service final : ClusterObject {
  std::string type;
  std::string cluster_ip;
  std::string external_name;
  std::string load_balancer_ip;
  std::string primary_family;  // "IPv4" or "IPv6" of a service that has both; otherwise empty.
  std::vector<ServicePort> ports;
  bool operator==(const Service&) const = default;
};

struct ObjectReference {
  std::string kind;
  std::string name_space;
  std::string name;
  bool operator==(const ObjectReference&) const = default;
};

struct EndpointAddress {
  std::string ip;
  std::string hostname;
  std::optional<std::string> node_name;
  std::optional<ObjectReference> target;
  bool is_ready = true;
  bool operator==(const EndpointAddress&) const = default;
};

struct EndpointSubset {
  std::vector<EndpointAddress> addresses;  // Those that are ready first.
  std::vector<ServicePort> ports;
  bool operator==(const EndpointSubset&) const = default;
};

struct Endpoints final : ClusterObject {
  std::vector<EndpointSubset> subsets;
  bool operator==(const Endpoints&) const = default;
};

struct SliceEndpoint {
  std::vector<std::string> addresses;
  std::optional<bool> ready;
  std::optional<bool> serving;
  std::optional<bool> terminating;
  std::optional<std::string> hostname;
  std::optional<std::string> node_name;
  std::optional<std::string> zone;
  std::optional<ObjectReference> target;
  Texts topology;
  bool operator==(const SliceEndpoint&) const = default;
};

struct SlicePort {
  std::optional<std::string> name;
  std::optional<std::string> protocol;
  std::optional<int64_t> number;
  std::optional<std::string> app_protocol;
  bool operator==(const SlicePort&) const = default;
};

struct EndpointSlice final : ClusterObject {
  std::string address_type;
  std::vector<SliceEndpoint> endpoints;
  std::vector<SlicePort> ports;
  bool operator==(const EndpointSlice&) const = default;
};

struct IngressRule {
  std::string host;
  std::vector<std::string> paths;
  bool operator==(const IngressRule&) const = default;
};

struct Ingress final : ClusterObject {
  std::optional<std::string> class_name;
  std::vector<std::string> tls_hosts;
  std::vector<IngressRule> rules;
  bool operator==(const Ingress&) const = default;
};

// A kind of object: where the API server has it, and how it is read.
struct ObjectType {
  std::string_view name;    // As discovery calls its role: "pod".
  std::string_view prefix;  // "/api/v1"
  std::string_view plural;  // "pods"
  bool is_namespaced;
  ClusterObjectPointer (*decode)(JsonNode node);
  bool (*equal)(const ClusterObject& left, const ClusterObject& right);
};

// The type of objects that `decode` reads into a T, which compares with ==.
template <class T, T (*decode)(JsonNode)>
constexpr ObjectType object_type(std::string_view name, std::string_view prefix,
                                 std::string_view plural, bool is_namespaced = true) {
  return {.name = name,
          .prefix = prefix,
          .plural = plural,
          .is_namespaced = is_namespaced,
          .decode = [](JsonNode node) -> ClusterObjectPointer {
            return std::make_shared<const T>(decode(node));
          },
          .equal =
              [](const ClusterObject& left, const ClusterObject& right) {
                return static_cast<const T&>(left) == static_cast<const T&>(right);
              }};
}

extern const ObjectType namespace_type;
extern const ObjectType node_type;
extern const ObjectType pod_type;
extern const ObjectType service_type;
extern const ObjectType endpoints_type;
extern const ObjectType endpoint_slice_type;
extern const ObjectType ingress_type;

ObjectMeta decode_meta(JsonNode object);
Pod decode_pod(JsonNode object);

}  // namespace alloy::kubernetes
