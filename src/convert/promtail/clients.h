// Clients of Promtail as loki.write.
#pragma once

#include "convert/pipeline.h"

namespace alloy::convert::promtail {

// Each client is a component of its own, for it may have external labels of its own.
Component convert_client(const YamlNode& client, std::string label, Catalogue catalogue,
                         SourceReader& reader);

}  // namespace alloy::convert::promtail
