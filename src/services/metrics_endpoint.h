// /metrics in the format the client asks for: text 0.0.4, or delimited protobuf.
#pragma once

#include "net/http_message.h"
#include "services/self_metrics.h"

namespace alloy {

net::ServerResponse metrics_response(const SelfMetrics& metrics, const net::Headers& request);

// The families as length-delimited io.prometheus.client.MetricFamily messages.
std::string write_protobuf_exposition(const MetricFamilies& families);

}  // namespace alloy
