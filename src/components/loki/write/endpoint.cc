#include "components/loki/write/endpoint.h"

#include <algorithm>

#include <fmt/format.h>

#include "components/loki/write/request.h"
#include "net/url.h"

namespace alloy::loki::write {
namespace {

constexpr std::string_view tenant_header = "X-Scope-OrgID";

// Headers of ours can't be replaced, as in the original.
net::Headers headers_of(const EndpointArguments& arguments, const Identity& identity) {
  net::Headers headers = {{"Content-Encoding", "snappy"},
                          {"Content-Type", "application/x-protobuf"},
                          {"User-Agent", identity.user_agent}};
  if (!identity.uid.empty()) {
    headers.set("X-Agent-Id", identity.uid);
    headers.set("X-Alloy-Id", identity.uid);
  }
  for (const auto& [name, value] : arguments.headers) {
    if (!headers.contains(name)) headers.set(name, value);
  }
  return headers;
}

EncodingSettings settings_of(const EndpointArguments& endpoint, const Arguments& arguments) {
  EncodingSettings settings{
      .external_labels = arguments.external_labels.value_or(std::map<std::string, std::string>()),
      .tenant_id = endpoint.tenant_id,
      .batch_wait = endpoint.batch_wait};
  settings.batch_bytes =
      static_cast<size_t>(std::clamp<int64_t>(endpoint.batch_size.bytes, 1, 64 << 20));
  settings.streams_max = static_cast<size_t>(std::max<int64_t>(arguments.max_streams, 0));
  if (endpoint.queue) {
    settings.lanes = static_cast<size_t>(std::clamp<int64_t>(endpoint.queue->min_shards, 1, 256));
    settings.capacity_bytes = static_cast<uint64_t>(endpoint.queue->capacity.bytes);
    if (!endpoint.queue->block_on_overflow)
      settings.drops_for = fmt::format("{}\n{}", endpoint.name, endpoint.url);
  }
  return settings;
}

}  // namespace

Result<EndpointPlan> plan_endpoint(const EndpointArguments& endpoint, const Arguments& arguments,
                                   const Identity& identity, AnyExecutor executor) {
  TRY(const auto url, net::parse_url(endpoint.url));
  EndpointPlan plan{.identity = {.name = endpoint.name, .url = endpoint.url},
                    .host = url.host,
                    .settings = settings_of(endpoint, arguments)};
  auto destination = std::make_shared<outgoing::Destination>();
  TRY(destination->client,
      net::HttpClient::create(std::move(executor), endpoint.http.options(identity.user_agent)));
  destination->url = endpoint.url;
  destination->shown_url = url.redacted();
  destination->headers = headers_of(endpoint, identity);
  destination->timeout = endpoint.remote_timeout;
  destination->backoff_min = std::max<Duration>(endpoint.min_backoff_period, 1ms);
  destination->backoff_max = std::max(endpoint.max_backoff_period, destination->backoff_min);
  destination->attempts_max =
      static_cast<uint64_t>(std::max<int64_t>(endpoint.max_backoff_retries.value_or(0), 0));
  destination->retry_on_429 = endpoint.retry_on_http_429;
  destination->announces_retries = false;
  destination->lanes_max = plan.settings.lanes;
  plan.destination = std::move(destination);
  return plan;
}

TenantMetrics& EndpointObserver::tenant_of(const queue::Record& record) const {
  return metrics_->tenant(parse_record(record.payload).tenant);
}

std::string_view EndpointObserver::prepare(const queue::Record& record,
                                           net::Headers& headers) const {
  const RequestRecord request = parse_record(record.payload);
  if (!request.tenant.empty()) headers.set(std::string(tenant_header), std::string(request.tenant));
  return request.body;
}

std::string_view EndpointObserver::tenant(const queue::Record& record) const {
  return parse_record(record.payload).tenant;
}

void EndpointObserver::on_attempt(const queue::Record& record, int status, double seconds) {
  tenant_of(record).observe_request(status, seconds);
}

void EndpointObserver::on_sent(const queue::Record& record) {
  const queue::RecordInfo& info = record.header.info;
  TenantMetrics& tenant = tenant_of(record);
  tenant.observe_size(info.counts[bytes_count]);
  tenant.add_sent(info.counts[entries_count], info.counts[bytes_count]);
  const auto seconds_since = [&](int64_t time_us) {
    const WallTime time{std::chrono::microseconds(time_us)};
    return std::chrono::duration<double>(clock_.wall() - time).count();
  };
  tenant.observe_latency(info.counts[entries_count], seconds_since(info.time_max),
                         seconds_since(info.time_min));
}

void EndpointObserver::on_refused(const queue::Record& record, int status,
                                  const std::string& error) {
  const queue::RecordInfo& info = record.header.info;
  TenantMetrics& tenant = tenant_of(record);
  tenant.observe_size(info.counts[bytes_count]);
  tenant.add_dropped(status == 429 ? "rate_limited" : "ingester_error", info.counts[entries_count],
                     info.counts[bytes_count]);
  logger_.error("final error sending batch, no retries left, dropping data",
                {{"status", status},
                 {"tenant", parse_record(record.payload).tenant},
                 {"entries", info.counts[entries_count]},
                 {"error", error}});
}

void EndpointObserver::on_retry(const queue::Record& record) { tenant_of(record).add_retry(); }

void EndpointObserver::on_dropped(queue::DropReason reason, const queue::Counts& counts) {
  const bool is_full = reason == queue::DropReason::full;
  // Whose they were is not known any more.
  metrics_->tenant("").add_dropped(is_full ? "queue_is_full" : queue::name_of(reason),
                                   counts[entries_count], counts[bytes_count]);
  logger_.error("the queue had to drop entries that were not sent",
                {{"reason", queue::name_of(reason)}, {"entries", counts[entries_count]}});
}

}  // namespace alloy::loki::write
