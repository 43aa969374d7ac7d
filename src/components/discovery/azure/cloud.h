// The clouds of Azure.
#pragma once

#include <string_view>

#include "base/error.h"

namespace alloy::discovery::azure {

// The addresses of a cloud.
struct Cloud {
  std::string_view login;     // "https://login.microsoftonline.com"
  std::string_view resource;  // "https://management.azure.com"
};
// By the name that `environment` gives; fails for unknown ones.
Result<Cloud> find_cloud(std::string_view name);

}  // namespace alloy::discovery::azure
