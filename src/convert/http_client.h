// The HTTP client settings that all sources share with Prometheus.
#pragma once

#include "convert/diagnostics.h"
#include "convert/draft.h"
#include "convert/source_fields.h"

namespace alloy::convert {

// The names of `http_headers`, whose values are spelled otherwise: for the renames of a SourceMap.
inline constexpr Rename http_headers_elsewhere = {"http_headers", ""};

// Turns what was read into what Prometheus makes of it: a bearer token is an authorization, an
// authorization has a type, oauth2 has TLS settings. `map` is where the settings came from.
void settle_http_client(const YamlNode& map, SourceReader& reader, Draft& into);

// The settings that have no counterpart.
void check_http_client(const YamlNode& map, Diagnostics& diagnostics);

}  // namespace alloy::convert
