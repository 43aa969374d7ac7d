// Pipeline stages of Promtail as the stages of loki.process.
#pragma once

#include "convert/diagnostics.h"
#include "convert/pipeline.h"

namespace alloy::convert::promtail {

// Adds a stage for each one of the list. Promtail reads stages leniently, so that mistakes are
// diagnostics, and what it ignores is told as a warning. The schema is that of loki.process.
void convert_stages(const YamlNode& stages, const Schema& process, Diagnostics& diagnostics,
                    Draft& into);

}  // namespace alloy::convert::promtail
