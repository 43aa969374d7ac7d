// HTTP and gRPC servers of Promtail's targets.
#pragma once

#include "convert/diagnostics.h"
#include "convert/source_fields.h"

namespace alloy::convert::promtail {

// Adds the blocks http and grpc and what belongs to them; `server` may be null.
void convert_server(const YamlNode* server, SourceReader& reader, Diagnostics& diagnostics,
                    Draft& into);

}  // namespace alloy::convert::promtail
