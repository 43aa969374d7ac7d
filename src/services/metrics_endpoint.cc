#include "services/metrics_endpoint.h"

#include "services/gzip.h"

namespace alloy {

net::ServerResponse metrics_response(const SelfMetrics& metrics, const net::Headers& request) {
  const std::string_view accept = request.get("Accept");
  const auto says = [&](std::string_view text) { return accept.find(text) != accept.npos; };
  const std::string escaping =
      says("escaping=allow-utf-8") ? "; escaping=allow-utf-8" : "; escaping=underscores";
  net::ServerResponse response;
  if (says("application/vnd.google.protobuf") && says("encoding=delimited")) {
    response.headers.set("Content-Type",
                         "application/vnd.google.protobuf; proto=io.prometheus.client."
                         "MetricFamily; encoding=delimited" +
                             escaping);
    response.body = write_protobuf_exposition(metrics.collect());
  } else {
    response.headers.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8" + escaping);
    response.body = write_exposition(metrics.collect());
  }
  // By hand and without Vary, as the real one.
  if (request.has_token("Accept-Encoding", "gzip")) {
    response.headers.set("Content-Encoding", "gzip");
    response.body = gzip(response.body);
  }
  return response;
}

}  // namespace alloy
