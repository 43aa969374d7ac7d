// Scrape configs of Promtail as log sources with what stands around them.
#pragma once

#include <string>
#include <vector>

#include "convert/diagnostics.h"
#include "convert/pipeline.h"

namespace alloy::convert::promtail {

// What all scrape configs share.
struct Shared {
  std::vector<std::string> receivers;  // Of the clients.
  Draft file_watch;                    // Of loki.source.file.
  std::string positions_file;
  std::string sync_period;  // Empty: as we have it.
  YamlNode limits;          // limits_config, or null.
  std::string label_prefix;
  Catalogue catalogue;
};

void convert_scrape(const YamlNode& config, const Shared& shared, SourceReader& reader,
                    Diagnostics& diagnostics, std::vector<Component>& components);

}  // namespace alloy::convert::promtail
