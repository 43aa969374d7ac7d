// The HTTP server's own counters on /metrics: how many clients it has, and whom it turned away.
#pragma once

#include <functional>

#include "base/metrics.h"
#include "net/http_server.h"

namespace alloy {

// `stats` gives null as long as there is no server.
void register_http_server_metrics(MetricRegistry& registry,
                                  std::function<const net::HttpServerStats*()> stats);

}  // namespace alloy
