#include "services/metrics_endpoint.h"

#include "services/gzip.h"

namespace alloy {
namespace {

// Each piece is gone once it has been copied.
std::string join_pieces(std::vector<std::string> pieces) {
  size_t size = 0;
  for (const std::string& piece : pieces) size += piece.size();
  std::string all;
  all.reserve(size);
  for (std::string& piece : pieces) all += std::exchange(piece, {});
  return all;
}

}  // namespace

net::ServerResponse metrics_response(const SelfMetrics& metrics, const net::Headers& request) {
  const std::string_view accept = request.get("Accept");
  const auto says = [&](std::string_view text) { return accept.find(text) != accept.npos; };
  const std::string escaping =
      says("escaping=allow-utf-8") ? "; escaping=allow-utf-8" : "; escaping=underscores";
  net::ServerResponse response;
  std::vector<std::string> pieces;
  if (says("application/vnd.google.protobuf") && says("encoding=delimited")) {
    response.headers.set("Content-Type",
                         "application/vnd.google.protobuf; proto=io.prometheus.client."
                         "MetricFamily; encoding=delimited" +
                             escaping);
    pieces.push_back(write_protobuf_exposition(metrics.collect()));
  } else {
    response.headers.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8" + escaping);
    ExpositionSink sink;
    metrics.write(sink);
    pieces = sink.take();
  }
  // By hand and without Vary, as the real one.
  if (request.has_token("Accept-Encoding", "gzip")) {
    response.headers.set("Content-Encoding", "gzip");
    response.body = gzip(std::move(pieces));
  } else {
    response.body = join_pieces(std::move(pieces));
  }
  return response;
}

}  // namespace alloy
