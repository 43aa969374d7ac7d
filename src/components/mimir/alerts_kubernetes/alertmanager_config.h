// AlertmanagerConfig resources, and the configuration for Mimir's Alertmanager that they and a
// configuration of the user's become together.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "components/shared/kubernetes/objects.h"
#include "components/shared/kubernetes/secrets.h"
#include "values/value.h"

namespace alloy::mimir::alerts_kubernetes {

struct AlertmanagerConfig final : kubernetes::ClusterObject {
  std::string spec;  // As JSON.
  bool operator==(const AlertmanagerConfig&) const = default;
};
extern const kubernetes::ObjectType alertmanager_config_type;

// To which alerts the routes and the inhibition rules of a resource apply: to those with the
// resource's namespace as their label `namespace`, or to all.
struct MatcherStrategy {
  enum class Kind : unsigned char { on_namespace, on_namespace_except, none };
  Kind kind = Kind::on_namespace;
  std::string exception;  // Resources of this namespace apply to all alerts.

  bool limits(std::string_view name_space) const {
    return kind == Kind::on_namespace ||
           (kind == Kind::on_namespace_except && name_space != exception);
  }
};

// The user's configuration, which must have a route and no more than Alertmanager allows of that.
Result<ObjectPointer> read_base_config(const std::string& yaml);

// What a resource adds.
struct Addition {
  Value route;  // Null: none.
  std::vector<Value> receivers;
  std::vector<Value> inhibit_rules;
  std::vector<Value> time_intervals;
};

// Fails for what Alertmanager would refuse; kind not_found: a secret has yet to be asked for.
Result<Addition> read_addition(const AlertmanagerConfig& resource, const MatcherStrategy& strategy,
                               const Object& base, kubernetes::Secrets& secrets);

// As YAML. Additions go first, in the order of their keys; each lets alerts go on.
std::string merge(const Object& base, const std::map<std::string, Addition>& additions);

}  // namespace alloy::mimir::alerts_kubernetes
