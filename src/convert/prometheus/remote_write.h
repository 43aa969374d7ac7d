// remote_write configs of Prometheus as one prometheus.remote_write.
#pragma once

#include "convert/diagnostics.h"
#include "convert/pipeline.h"

namespace alloy::convert::prometheus {

// Errors go to the reader. `configs` is the list, `global` may be null.
Component convert_remote_writes(const YamlNode* configs, const YamlNode& global, std::string label,
                                Catalogue catalogue, SourceReader& reader);
void check_remote_writes(const YamlNode* configs, Diagnostics& diagnostics);

}  // namespace alloy::convert::prometheus
