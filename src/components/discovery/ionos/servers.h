// From IONOS' servers to targets.
#pragma once

#include <vector>

#include "components/discovery/shared/target_groups.h"
#include "components/shared/json.h"

namespace alloy::discovery::ionos {

// The servers of a data center; those without an address are left out.
std::vector<Target> server_targets(JsonNode servers, int port);

}  // namespace alloy::discovery::ionos
