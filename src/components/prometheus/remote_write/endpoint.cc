#include "components/prometheus/remote_write/endpoint.h"

#include <algorithm>

#include <fmt/format.h>

#include "components/prometheus/remote_write/address_rotation.h"
#include "components/prometheus/remote_write/aws_authorizer.h"
#include "components/prometheus/remote_write/azure_token.h"
#include "components/prometheus/remote_write/google_token.h"
#include "net/url.h"

namespace alloy::prometheus::remote_write {
namespace {

Result<> check_stability(const EndpointArguments& a, Stability stability_min) {
  if (a.tenant && stability_min != Stability::experimental) {
    return fail(
        fmt::format("using the block tenant with endpoint {} requires setting the "
                    "stability.level flag to experimental",
                    a.name));
  }
  if (a.protobuf_message != protocol_2 || stability_min == Stability::experimental) return {};
  return fail(
      fmt::format("using remote write v2 (protobuf_message={}) with endpoint {} requires "
                  "setting the stability.level flag to experimental",
                  protocol_2, a.name));
}

using Preparations = std::vector<std::shared_ptr<outgoing::RequestPreparation>>;

Result<Preparations> make_preparations(const EndpointArguments& a, Executor& executor, Clock& clock,
                                       std::shared_ptr<net::HttpClient> client) {
  Preparations preparations;
  if (a.round_robin_dns) {
    preparations.push_back(std::make_shared<AddressRotation>(executor.blocking(), clock));
  }
  if (a.sigv4) {
    TRY(auto authorizer, AwsAuthorizer::create(*a.sigv4, executor, clock));
    preparations.push_back(std::move(authorizer));
  }
  if (a.azuread) {
    preparations.push_back(std::make_shared<TokenAuthorizer>(
        client, [arguments = *a.azuread](WallTime) { return make_azure_request(arguments); },
        clock));
  }
  if (a.google_iam) {
    preparations.push_back(std::make_shared<TokenAuthorizer>(
        client,
        [file = a.google_iam->credentials_file](WallTime now) {
          return make_google_request(file, now);
        },
        clock));
  }
  return preparations;
}

net::Headers headers_of(const EndpointArguments& a, const Identity& identity) {
  const Protocol protocol = a.protobuf_message == protocol_2 ? Protocol::v2 : Protocol::v1;
  net::Headers headers = {{"Content-Encoding", "snappy"}, {"User-Agent", identity.user_agent}};
  set_protocol(headers, protocol);
  if (!identity.uid.empty()) {
    headers.set("X-Agent-Id", identity.uid);
    headers.set("X-Alloy-Id", identity.uid);
  }
  for (const auto& [name, value] : a.headers) headers.set(name, value);
  return headers;
}

}  // namespace

void set_protocol(net::Headers& headers, Protocol protocol) {
  const bool is_v2 = protocol == Protocol::v2;
  headers.set("Content-Type", is_v2 ? fmt::format("application/x-protobuf;proto={}", protocol_2)
                                    : "application/x-protobuf");
  headers.set("X-Prometheus-Remote-Write-Version", is_v2 ? "2.0.0" : "0.1.0");
}

Result<EndpointPlan> plan_endpoint(const EndpointArguments& a,
                                   const std::map<std::string, std::string>& external_labels,
                                   const Identity& identity, Stability stability_min,
                                   Executor& executor, Clock& clock) {
  TRY(check_stability(a, stability_min));
  auto url = net::parse_url(a.url);
  if (!url)
    return fail(
        fmt::format("cannot parse remote_write url {:?}: {}", a.url, url.error().message()));
  EndpointPlan plan;
  plan.queue = a.queue_or_default();
  plan.identity = {.name = a.name, .url = a.url};
  plan.remote_name =
      a.name.empty() ? fmt::format("{:016x}", queue::checksum(a.url)).substr(0, 6) : a.name;
  plan.settings.protocol = a.protobuf_message == protocol_2 ? Protocol::v2 : Protocol::v1;
  plan.settings.external_labels = external_labels;
  if (!a.write_relabel_configs.empty()) {
    plan.settings.relabel_rules = std::make_shared<const RelabelRules>(a.write_relabel_configs);
  }
  plan.settings.send_exemplars = a.send_exemplars;
  plan.settings.send_native_histograms = a.send_native_histograms;
  plan.settings.samples_max =
      static_cast<size_t>(std::clamp<int64_t>(plan.queue.max_samples_per_send, 1, 1'000'000));
  plan.settings.batch_deadline = plan.queue.batch_send_deadline;
  if (a.tenant) {
    plan.tenant_header = a.tenant->header;
    plan.settings.tenants = TenantSettings{.label = a.tenant->label,
                                           .fallback = a.tenant->fallback,
                                           .keep_label = a.tenant->keep_label};
  }
  auto destination = std::make_shared<outgoing::Destination>();
  TRY(destination->client,
      net::HttpClient::create(executor.any(), a.http.options(identity.user_agent)));
  destination->url = a.url;
  destination->shown_url = url->redacted();
  destination->headers = headers_of(a, identity);
  destination->timeout = a.remote_timeout;
  destination->backoff_min = std::max<Duration>(plan.queue.min_backoff, 1ms);
  destination->backoff_max = std::max(plan.queue.max_backoff, destination->backoff_min);
  destination->retry_on_429 = plan.queue.retry_on_http_429;
  destination->lanes_max = static_cast<size_t>(std::max<int64_t>(plan.queue.max_shards, 1));
  TRY(destination->preparations, make_preparations(a, executor, clock, destination->client));
  plan.destination = std::move(destination);
  return plan;
}

void EndpointView::set(std::shared_ptr<Outbox> outbox, std::shared_ptr<outgoing::QueueStore> store,
                       const EndpointPlan& plan) {
  const Outbox::Dropped total = dropped();
  const std::lock_guard lock(mutex_);
  queue_ = plan.queue;
  store_ = std::move(store);
  key_ = plan.identity.key();
  if (outbox == outbox_) return;
  before_ = total;
  at_joining_ = outbox->dropped();
  outbox_ = std::move(outbox);
}

Outbox::Dropped EndpointView::dropped() const {
  const std::lock_guard lock(mutex_);
  if (!outbox_) return before_;
  const Outbox::Dropped now = outbox_->dropped();
  return {
      .by_relabelling = before_.by_relabelling + (now.by_relabelling - at_joining_.by_relabelling),
      .custom_bucket_histograms = before_.custom_bucket_histograms + now.custom_bucket_histograms -
                                  at_joining_.custom_bucket_histograms,
      .by_tenant = before_.by_tenant + (now.by_tenant - at_joining_.by_tenant)};
}

queue::Counts EndpointView::pending() const {
  const std::lock_guard lock(mutex_);
  queue::Counts sum = {};
  if (!store_) return sum;
  for (const auto& log : store_->queues_of(key_)) sum = sum + log->reader_stats(key_).pending;
  return sum;
}

double EndpointView::newest_timestamp_seconds() const {
  const std::lock_guard lock(mutex_);
  return outbox_ ? static_cast<double>(outbox_->newest_timestamp_ms()) / 1000 : 0;
}

size_t EndpointView::lanes() const {
  const std::lock_guard lock(mutex_);
  return outbox_ ? outbox_->lanes() : 1;
}

QueueArguments EndpointView::queue() const {
  const std::lock_guard lock(mutex_);
  return queue_;
}

EndpointReadings readings_of(std::shared_ptr<EndpointView> view) {
  return {
      .pending = [view] { return view->pending(); },
      .dropped_by_relabelling = [view] { return view->dropped().by_relabelling; },
      .dropped_by_tenant = [view] { return view->dropped().by_tenant; },
      .custom_bucket_histograms =
          [view] { return static_cast<double>(view->dropped().custom_bucket_histograms); },
      .newest_timestamp_seconds = [view] { return view->newest_timestamp_seconds(); },
      .shards = [view] { return static_cast<double>(view->lanes()); },
      .shards_desired = [view] { return static_cast<double>(view->lanes()); },
      .shards_max = [view] { return static_cast<double>(view->queue().max_shards); },
      .shards_min = [view] { return static_cast<double>(view->queue().min_shards); },
      .shard_capacity = [view] { return static_cast<double>(view->queue().capacity); },
      .samples_max = [view] { return static_cast<double>(view->queue().max_samples_per_send); }};
}

}  // namespace alloy::prometheus::remote_write
