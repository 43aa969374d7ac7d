// From Hetzner's servers to targets.
#pragma once

#include <vector>

#include "components/shared/json.h"
#include "components/shared/target_groups.h"

namespace alloy::discovery::hetzner {

// Pages of the lists of servers and of networks of the cloud's API.
std::vector<Target> cloud_targets(JsonNode servers, const std::vector<JsonNode>& networks,
                                  int port);
// What the API for dedicated servers lists.
std::vector<Target> robot_targets(JsonNode servers, int port);

}  // namespace alloy::discovery::hetzner
