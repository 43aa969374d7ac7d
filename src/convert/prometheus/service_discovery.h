// Service discoveries of Prometheus (*_sd_configs) as discovery components.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "convert/pipeline.h"

namespace alloy::convert::prometheus {

// Whether a field of a scrape config is a service discovery of Prometheus, convertible or not.
bool is_service_discovery(std::string_view field);

// Makes a component for each service discovery of the scrape config, in the order of their names,
// and adds their targets. Those that have no component of ours are left out: see below.
struct DiscoveryInput {
  const YamlNode& scrape_config;
  std::string_view label;
  Catalogue catalogue;
};
void convert_service_discovery(const DiscoveryInput& input, SourceReader& reader,
                               std::vector<Component>& components, TargetList& targets);
// Says what can't be converted.
void check_service_discovery(const YamlNode& scrape_config, Diagnostics& diagnostics);

}  // namespace alloy::convert::prometheus
