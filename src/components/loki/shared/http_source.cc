#include "components/loki/shared/http_source.h"

#include <algorithm>

#include <fmt/format.h>

#include "net/content_decoder.h"

namespace alloy::loki {
namespace {

constexpr std::string_view tenant_label = "__tenant_id__";

using Memory = std::pair<std::shared_ptr<const void>, std::shared_ptr<const void>>;

Task<HttpSourceResult> only_text(std::string text) {
  co_return HttpSourceResult{.status = 200, .body = std::move(text)};
}

}  // namespace

SeriesRef finish_labels(SeriesStore& store, LabelBuilder& labels, const RelabelRulesPointer& rules,
                        std::string_view tenant) {
  labels.erase_if([](const Label& label) { return label.value.empty(); });
  if (rules && !rules->apply(labels)) return {};
  if (labels.labels().empty()) return {};
  labels.erase_if([](const Label& label) { return label.name.starts_with("__"); });
  if (!tenant.empty()) labels.set(tenant_label, tenant);
  return store.intern(labels.labels());
}

HttpSource::HttpSource(const Options& options, Counter& entries_written)
    : logger_(options.logger),
      entries_written_(entries_written),
      forwarder_(std::make_shared<Forwarder>(options.clock)),
      settings_(std::make_shared<const HttpSourceSettings>()) {}

void HttpSource::configure(HttpSourceSettings settings,
                           std::vector<LogsReceiverPointer> forward_to) {
  forwarder_->set_receivers(std::move(forward_to));
  auto next = std::make_shared<const HttpSourceSettings>(std::move(settings));
  const std::lock_guard lock(mutex_);
  settings_ = std::move(next);
}

void HttpSource::close() {
  forwarder_->set_receivers({});
  const std::lock_guard lock(mutex_);
  is_closed_ = true;
}

const HttpSource::Route* HttpSource::find(const net::ServerRequest& request,
                                          net::ServerResponse& refusal) const {
  refusal = net::text_response(404, "404 page not found");
  for (const Route& route : routes_) {
    if (route.path != request.path) continue;
    if (route.method == request.method) return &route;
    refusal = {.status = 405};
  }
  return nullptr;
}

HttpSource::Route text_route(std::string path, std::string text) {
  return {.method = "GET", .path = std::move(path), .read = [text = std::move(text)](auto, auto) {
            return only_text(text);
          }};
}

Task<net::ServerResponse> HttpSource::handle(std::shared_ptr<HttpSource> self,
                                             net::ServerRequest request) {
  net::ServerResponse refusal;
  const Route* route = self->find(request, refusal);
  if (route == nullptr) co_return refusal;
  const auto shared = std::make_shared<net::ServerRequest>(std::move(request));
  HttpSourceResult result = co_await self->read(*route, shared);
  if (route->answer) co_return route->answer(*shared, result.status, result.error);
  if (!result.error.empty()) co_return net::text_response(result.status, result.error);
  co_return net::ServerResponse{.status = result.status, .body = std::move(result.body)};
}

// Reads the request and hands on what is in it.
Task<HttpSourceResult> HttpSource::read(const Route& route,
                                        std::shared_ptr<net::ServerRequest> request) {
  HttpSourceSettingsPointer settings;
  {
    const std::lock_guard lock(mutex_);
    if (is_closed_) co_return HttpSourceResult{.status = 503, .error = "server shutdown"};
    settings = settings_;
  }
  HttpSourceResult result = co_await route.read(request, settings);
  const size_t count = result.entries ? result.entries->entries().size() : 0;
  if (!result.error.empty()) {
    logger_.warn(
        count == 0 ? "failed to parse request" : "at least one entry failed to be processed",
        {{"err", result.error}});
  }
  if (count == 0) co_return result;
  const std::span<const LogEntry> entries = result.entries->entries();
  const auto memory = std::make_shared<const Memory>(result.entries, result.memory);
  const auto delivered =
      co_await Forwarder::deliver(forwarder_, entries, memory, settings->patience, request->stop);
  if (!delivered) co_return HttpSourceResult{.status = 503, .error = delivered.error().message()};
  entries_written_.add(static_cast<double>(count));
  co_return result;
}

Task<Result<std::string>> read_body(std::shared_ptr<net::ServerRequest> request, size_t size_max) {
  const std::string_view encoding = request->headers.get("Content-Encoding");
  if (encoding.empty() || encoding == "snappy")
    co_return co_await request->body->read_all(size_max);
  std::unique_ptr<net::ContentDecoder> decoder;
  if (encoding == "gzip") decoder = net::make_gzip_decoder();
  if (encoding == "deflate") decoder = net::make_deflate_decoder();
  if (!decoder) co_return fail(fmt::format("Content-Encoding {:?} not supported", encoding));
  std::string body;
  net::BodySink sink(body, size_max);
  while (true) {
    CO_TRY(const std::string piece, co_await request->body->read());
    if (piece.empty()) break;
    CO_TRY(decoder->decode(piece, sink));
  }
  CO_TRY(decoder->finish());
  co_return body;
}

}  // namespace alloy::loki
