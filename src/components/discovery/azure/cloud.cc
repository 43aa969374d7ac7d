#include "components/discovery/azure/cloud.h"

#include <fmt/format.h>

#include "base/text.h"

namespace alloy::discovery::azure {
namespace {

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

}  // namespace

Result<Cloud> find_cloud(std::string_view name) {
  constexpr Cloud world{"https://login.microsoftonline.com", "https://management.azure.com"};
  constexpr Cloud china{"https://login.chinacloudapi.cn", "https://management.chinacloudapi.cn"};
  constexpr Cloud government{"https://login.microsoftonline.us",
                             "https://management.usgovcloudapi.net"};
  const std::string key = upper(name);
  if (key == "AZURECHINACLOUD") return china;
  if (key == "AZUREUSGOVERNMENT" || key == "AZUREUSGOVERNMENTCLOUD") return government;
  if (key == "AZURECLOUD" || key == "AZUREPUBLICCLOUD" || key == "AZUREGERMANCLOUD") return world;
  return fail(fmt::format("there is no cloud configuration matching the name {}", quote(key)));
}

}  // namespace alloy::discovery::azure
