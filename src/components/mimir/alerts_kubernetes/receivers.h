// Receivers of an AlertmanagerConfig as Alertmanager's configuration has them.
#pragma once

#include <string>

#include "components/shared/json.h"
#include "components/shared/kubernetes/secrets.h"
#include "values/value.h"

namespace alloy::mimir::alerts_kubernetes {

// Where a resource's receivers are, and what they can rely on.
struct ReceiverContext {
  std::string name_space;  // Of the resource, and of its secrets.
  kubernetes::Secrets& secrets;
  bool has_smarthost = false;  // By the global configuration.
  bool has_sender = false;
};

// Without its name. Fails for what Alertmanager would refuse; kind not_found: a secret has yet to
// be asked for.
Result<Value> read_receiver(JsonNode receiver, const ReceiverContext& context);

}  // namespace alloy::mimir::alerts_kubernetes
