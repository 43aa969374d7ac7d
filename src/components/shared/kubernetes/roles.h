// From Kubernetes objects to targets: one function a role.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "components/shared/kubernetes/objects.h"
#include "components/shared/target_groups.h"

namespace alloy::discovery::kubernetes {

using namespace alloy::kubernetes;

// Finds the other objects that a target's labels are from, and remembers which were asked for:
// when one of them changes, the targets have to be made anew.
class Lookup {
 public:
  using Find = std::function<const ClusterObject*(const ObjectType& type, const std::string& key)>;
  explicit Lookup(Find find) : find_(std::move(find)) {}

  template <class T>
  const T* find(const ObjectType& type, const std::string& key) {
    asked_.insert(name_of(type, key));
    return static_cast<const T*>(find_(type, key));
  }
  // "pod default/web-0" of each object that was asked for, whether it exists or not.
  const std::set<std::string>& asked() const { return asked_; }
  static std::string name_of(const ObjectType& type, const std::string& key) {
    return std::string(type.name) + " " + key;
  }

 private:
  Find find_;
  std::set<std::string> asked_;
};

// What else targets shall have labels of.
struct Attachments {
  bool node = false;
  bool name_space = false;
};

using MakeTargets = std::vector<Target> (*)(const ClusterObject& object, Lookup& lookup,
                                            const Attachments& attachments);

// A role: which objects become targets, and which others are looked at for them.
struct Role {
  std::string_view name;
  std::string_view source_prefix;  // "svc/"
  const ObjectType* type;
  bool needs_pods_and_services;
  MakeTargets make_targets;
};

// Null for a role there is none of.
const Role* find_role(std::string_view name);

std::vector<Target> node_targets(const ClusterObject&, Lookup&, const Attachments&);
std::vector<Target> pod_role_targets(const ClusterObject&, Lookup&, const Attachments&);
std::vector<Target> service_targets(const ClusterObject&, Lookup&, const Attachments&);
std::vector<Target> endpoints_targets(const ClusterObject&, Lookup&, const Attachments&);
std::vector<Target> endpoint_slice_targets(const ClusterObject&, Lookup&, const Attachments&);
std::vector<Target> ingress_targets(const ClusterObject&, Lookup&, const Attachments&);

// Labels of the node and the namespace, where they are wanted and known.
void attach_node(TargetBuilder& builder, const std::string& node_name, Lookup& lookup,
                 const Attachments& attachments);
void attach_namespace(TargetBuilder& builder, const std::string& name, Lookup& lookup,
                      const Attachments& attachments);

// Whether a host name fits a name that may begin with a wildcard, "*.example.com".
bool matches_host_pattern(std::string_view pattern, std::string_view host);

}  // namespace alloy::discovery::kubernetes
