#include "net/server_context.h"

#include <ctime>

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include "net/url.h"

namespace alloy::net {
namespace {

// Smaller bodies do not gain from compression.
constexpr size_t compress_size_min = 1024;

std::string gzip(std::string_view body) {
  z_stream stream{};
  // Level 1: a third of the time of the default for a tenth more bytes, on metrics.
  ASSERT(deflateInit2(&stream, 1, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out;
  out.resize(deflateBound(&stream, body.size()));
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int code = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  ASSERT(code == Z_STREAM_END);
  return out;
}

std::string zstd(std::string_view body) {
  std::string out;
  out.resize(ZSTD_compressBound(body.size()));
  const size_t size = ZSTD_compress(out.data(), out.size(), body.data(), body.size(), 1);
  ASSERT(!ZSTD_isError(size));
  out.resize(size);
  return out;
}

// Whether a client takes `coding` (RFC 9110, section 12.5.3).
bool accepts(std::string_view accepted, std::string_view coding) {
  while (!accepted.empty()) {
    const size_t comma = accepted.find(',');
    std::string_view item = accepted.substr(0, comma);
    accepted = comma == accepted.npos ? "" : accepted.substr(comma + 1);
    const size_t semicolon = item.find(';');
    std::string_view name = item.substr(0, semicolon);
    while (name.starts_with(' ')) name.remove_prefix(1);
    while (name.ends_with(' ')) name.remove_suffix(1);
    if (!equals_ignoring_case(name, coding)) continue;
    const size_t weight = item.find("q=");
    if (weight == item.npos) return true;
    return item.substr(weight + 2).find_first_of("123456789") != item.npos;
  }
  return false;
}

void compress(ServerResponse& response, const std::string& accepted) {
  if (response.stream || response.body.size() < compress_size_min) return;
  if (response.headers.contains("Content-Encoding")) return;
  response.headers.add("Vary", "Accept-Encoding");
  if (accepts(accepted, "gzip")) {
    response.body = gzip(response.body);
    response.headers.add("Content-Encoding", "gzip");
  } else if (accepts(accepted, "zstd")) {
    response.body = zstd(response.body);
    response.headers.add("Content-Encoding", "zstd");
  }
}

}  // namespace

std::string_view rejection_name(Rejection reason) {
  switch (reason) {
    case Rejection::too_many_connections:
      return "too_many_connections";
    case Rejection::tls_handshake:
      return "tls_handshake";
    case Rejection::malformed:
      return "malformed";
    case Rejection::head_too_large:
      return "head_too_large";
    case Rejection::body_too_large:
      return "body_too_large";
    case Rejection::head_timeout:
      return "head_timeout";
    case Rejection::body_timeout:
      return "body_timeout";
    case Rejection::write_timeout:
      return "write_timeout";
    case Rejection::too_many_resets:
      return "too_many_resets";
    case Rejection::handler_failed:
      return "handler_failed";
    case Rejection::count_:
      break;
  }
  return "";
}

void ServerContext::reject(Rejection reason, std::string_view remote_address,
                           std::string_view detail) {
  ++stats.rejected[static_cast<size_t>(reason)];
  if (options.on_rejected) options.on_rejected(reason, remote_address, detail);
}

void ServerContext::record(const RequestRecord& record) {
  if (options.on_request) options.on_request(record);
}

Task<ServerResponse> call_handler(std::shared_ptr<ServerContext> context, ServerRequest request) {
  ++context->stats.requests_total;
  ++context->stats.requests_in_flight;
  const std::string accepted(request.headers.get("Accept-Encoding"));
  const std::string remote = request.remote_address;
  ServerResponse response;
  std::string failure;
  try {
    response = co_await context->handler(std::move(request));
    if (response.compress) compress(response, accepted);
  } catch (const std::exception& thrown) {
    failure = thrown.what();
    if (failure.empty()) failure = "unknown exception";
  }
  --context->stats.requests_in_flight;
  if (!failure.empty()) {
    context->reject(Rejection::handler_failed, remote, failure);
    response = text_response(500, "Internal Server Error");
  }
  co_return response;
}

bool set_target(ServerRequest& request, std::string_view target) {
  request.target = target;
  if (target == "*") {
    request.path = "*";
    return request.method == "OPTIONS";
  }
  auto url = parse_url(target);
  // A path that starts with two slashes is a path here, not an authority.
  if (target.starts_with("//")) url = parse_url(fmt::format("http://h{}", target));
  if (!url) return false;
  if (!target.starts_with('/')) {
    if (url->host.empty()) return false;
    request.host = url->host;
    request.target = url->target();
  }
  request.path = url->path.empty() ? "/" : std::move(url->path);
  request.query = std::move(url->query);
  return true;
}

std::string_view http_date() {
  struct Cached {
    time_t second = 0;
    char text[40] = "";
  };
  thread_local Cached cached;
  const time_t now = time(nullptr);
  if (now != cached.second) {
    tm parts{};
    gmtime_r(&now, &parts);
    strftime(cached.text, sizeof cached.text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    cached.second = now;
  }
  return cached.text;
}

std::string clean_field_value(std::string_view value) {
  std::string out(value);
  for (char& c : out) {
    if (c == '\r' || c == '\n' || c == '\0') c = ' ';
  }
  return out;
}

}  // namespace alloy::net
