// Scrape configs of Prometheus as prometheus.scrape with the discovery and relabel components
// around it.
#pragma once

#include <string>
#include <vector>

#include "convert/diagnostics.h"
#include "convert/pipeline.h"

namespace alloy::convert::prometheus {

// The components of converted scrape configs, in the order in which they are written.
struct Blocks {
  struct Scrape {
    Component component;
    std::string summary;  // Of the diagnostic that tells what was made of what.
  };

  std::vector<Component> discoveries;
  std::vector<Component> relabelled_targets;
  std::vector<Scrape> scrapes;
  std::vector<Component> relabelled_metrics;
  std::vector<Component> remote_writes;
  std::string remote_write_summary;

  // What was converted into what.
  void describe(Diagnostics& diagnostics) const;
  std::vector<Component> in_order() &&;
};

// What a scrape config is converted with.
struct ScrapeInput {
  const YamlNode& config;
  const YamlNode& global;  // Null, or the `global` block with the defaults.
  std::string label;
  std::string receiver;  // Of the metrics: "prometheus.remote_write.default.receiver".
  Catalogue catalogue;
};

void convert_scrape(const ScrapeInput& input, SourceReader& reader, Blocks& blocks);
void check_scrape(const YamlNode& config, Diagnostics& diagnostics);

}  // namespace alloy::convert::prometheus
