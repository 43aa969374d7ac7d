// From GCE's instances to targets.
#pragma once

#include <string>
#include <vector>

#include "components/shared/json.h"
#include "components/shared/target_groups.h"

namespace alloy::discovery::gce {

struct TargetOptions {
  std::string_view project;
  int port = 80;
  std::string_view tag_separator;
};

// A page of the list of instances; those without a network interface are left out.
std::vector<Target> instance_targets(JsonNode page, const TargetOptions& options);

}  // namespace alloy::discovery::gce
