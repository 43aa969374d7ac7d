// From IONOS' servers to targets.
#pragma once

#include <vector>

#include "components/shared/json.h"
#include "components/shared/target_groups.h"

namespace alloy::discovery::ionos {

// The servers of a data center; those without an address are left out.
std::vector<Target> server_targets(JsonNode servers, int port);

}  // namespace alloy::discovery::ionos
