// From Linode's instances to targets.
#pragma once

#include <vector>

#include "components/shared/json.h"
#include "components/shared/target_groups.h"

namespace alloy::discovery::linode {

// What the API lists, all pages of it.
struct Lists {
  std::vector<JsonNode> instances;
  std::vector<JsonNode> addresses;
  std::vector<JsonNode> ranges;  // Of IPv6 addresses.
};

struct TargetOptions {
  int port = 80;
  std::string_view tag_separator;
};

// Instances without an IPv4 address are left out.
std::vector<Target> instance_targets(const Lists& lists, const TargetOptions& options);

}  // namespace alloy::discovery::linode
