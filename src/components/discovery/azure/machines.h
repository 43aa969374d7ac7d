// Azure's virtual machines and their network interfaces.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "components/shared/json.h"
#include "components/shared/target_groups.h"

namespace alloy::discovery::azure {

struct Machine {
  std::string id;
  std::string name;
  std::string computer_name;
  std::string location;
  std::string os_type;
  std::string size;
  std::string scale_set;  // Empty for those that stand alone.
  std::vector<std::pair<std::string, std::string>> tags;
  std::vector<std::string> interfaces;  // Their ids.
};
Machine read_machine(JsonNode node, std::string scale_set);

// What an interface says: whether it is the machine's primary one, and its addresses.
struct Interface {
  std::optional<bool> is_primary;  // None for machines that are not allocated.
  std::string private_address;
  std::string public_address;
};
Interface read_interface(JsonNode node);

struct Place {
  std::string subscription_id;
  std::string tenant_id;
  int port = 80;
};
Target machine_target(const Machine& machine, const Interface& interface, const Place& place);

// "rg" of "/subscriptions/s/resourceGroups/rg/providers/…".
std::string resource_group_of(std::string_view id);

}  // namespace alloy::discovery::azure
