#include "services/metrics_endpoint.h"

#include <malloc.h>
#include <memory>
#include <utility>

#include "services/gzip.h"
#include "services/zstd.h"

namespace alloy {
namespace {

using Pieces = std::vector<std::string>;

// A larger exposition is sent piece by piece.
constexpr size_t body_size_max = 1 << 20;

size_t size_of(const Pieces& pieces) {
  size_t size = 0;
  for (const std::string& piece : pieces) size += piece.size();
  return size;
}

// Each piece is gone once it has been sent; and what the allocator keeps of them, which would stay
// until the next scrape, goes back to the system.
Task<Result<void>> send(std::shared_ptr<Pieces> pieces, std::shared_ptr<net::BodyWriter> writer) {
  for (std::string& piece : *pieces) CO_TRY(co_await writer->write(std::exchange(piece, {})));
  malloc_trim(0);
  co_return Result<void>();
}

}  // namespace

net::ServerResponse metrics_response(const SelfMetrics& metrics, const net::Headers& request) {
  const std::string_view accept = request.get("Accept");
  const auto says = [&](std::string_view text) { return accept.find(text) != accept.npos; };
  const std::string escaping =
      says("escaping=allow-utf-8") ? "; escaping=allow-utf-8" : "; escaping=underscores";
  net::ServerResponse response;
  Pieces pieces;
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
  const bool takes_gzip = request.has_token("Accept-Encoding", "gzip");
  if (takes_gzip || request.has_token("Accept-Encoding", "zstd")) {
    response.headers.set("Content-Encoding", takes_gzip ? "gzip" : "zstd");
    const bool is_large = size_of(pieces) > body_size_max;
    response.body = takes_gzip ? gzip(std::move(pieces)) : zstd(std::move(pieces));
    if (is_large) malloc_trim(0);
  } else if (size_of(pieces) > body_size_max) {
    response.stream = [held = std::make_shared<Pieces>(std::move(pieces))](
                          std::shared_ptr<net::BodyWriter> writer) {
      return send(held, std::move(writer));
    };
  } else {
    for (const std::string& piece : pieces) response.body += piece;
  }
  return response;
}

}  // namespace alloy
