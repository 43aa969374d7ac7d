// From DigitalOcean's droplets to targets.
#pragma once

#include <vector>

#include "components/shared/json.h"
#include "components/shared/target_groups.h"

namespace alloy::discovery::digitalocean {

// A page of the list of droplets; those without an IPv4 address are left out.
std::vector<Target> droplet_targets(JsonNode page, int port);

}  // namespace alloy::discovery::digitalocean
