#include "components/loki/write/endpoint_metrics.h"

#include <algorithm>

#include <fmt/format.h>

namespace alloy::loki::write {
namespace {

constexpr std::string_view reasons[] = {"ingester_error", "rate_limited", "stream_limited",
                                        "line_too_long", "queue_is_full"};
// So many observations say enough about the latency of a request's entries.
constexpr size_t latencies_max = 16;

std::vector<double> size_buckets() {
  std::vector<double> bounds;
  for (const double kib : {1, 4, 16, 64, 256, 512, 1024, 2048, 4096, 8192, 16384, 20480})
    bounds.push_back(kib * 1024);
  return bounds;
}

}  // namespace

TenantMetrics::TenantMetrics(MetricRegistry& registry, std::string host, std::string tenant)
    : registry_(registry),
      host_(std::move(host)),
      tenant_(std::move(tenant)),
      sent_bytes_(
          registry.counter("loki_write_sent_bytes_total", "Number of bytes sent.", labels())),
      sent_entries_(registry.counter("loki_write_sent_entries_total",
                                     "Number of log entries sent to the ingester.", labels())),
      retries_(registry.counter("loki_write_batch_retries_total",
                                "Number of times batches has had to be retried.", labels())) {
  for (const std::string_view reason : reasons) add_dropped(reason, 0, 0);
}

MetricLabels TenantMetrics::labels(std::string_view name, std::string_view value) const {
  MetricLabels labels = {{"host", host_}, {"tenant", tenant_}};
  if (!name.empty()) labels.emplace_back(name, value);
  std::ranges::sort(labels);
  return labels;
}

Counter& TenantMetrics::dropped(std::string_view what, std::string_view reason) {
  return registry_.counter(
      fmt::format("loki_write_dropped_{}_total", what),
      fmt::format("Number of {} dropped because failed to be sent to the ingester after all "
                  "retries.",
                  what == "entries" ? "log entries" : what),
      labels("reason", reason));
}

void TenantMetrics::add_sent(size_t entries, size_t bytes) {
  sent_entries_.add(static_cast<double>(entries));
  sent_bytes_.add(static_cast<double>(bytes));
}

void TenantMetrics::add_dropped(std::string_view reason, size_t entries, size_t bytes) {
  dropped("entries", reason).add(static_cast<double>(entries));
  dropped("bytes", reason).add(static_cast<double>(bytes));
}

void TenantMetrics::observe_size(size_t bytes) {
  registry_
      .histogram("loki_write_request_size_bytes", "Number of bytes for requests.", size_buckets(),
                 labels())
      .observe(static_cast<double>(bytes));
}

void TenantMetrics::observe_request(int status, double seconds) {
  registry_
      .histogram("loki_write_request_duration_seconds", "Duration of send requests.",
                 default_buckets(), labels("status_code", fmt::format("{}", status)))
      .observe(seconds);
}

void TenantMetrics::observe_latency(size_t entries, double seconds_min, double seconds_max) {
  Histogram& latency = registry_.histogram("loki_write_entry_propagation_latency_seconds",
                                           "Write latency for entries",
                                           {0.1, 0.5, 1, 5, 10, 30, 60, 120, 300, 600}, labels());
  const size_t steps = std::min(entries, latencies_max);
  for (size_t i = 0; i < steps; ++i) {
    const double share = steps > 1 ? static_cast<double>(i) / static_cast<double>(steps - 1) : 0;
    latency.observe(std::max(0.0, seconds_min + (seconds_max - seconds_min) * share));
  }
}

TenantMetrics& EndpointMetrics::tenant(std::string_view name) {
  const std::lock_guard lock(mutex_);
  auto found = tenants_.find(name);
  if (found == tenants_.end()) {
    found =
        tenants_.emplace(name, std::make_unique<TenantMetrics>(registry_, host_, std::string(name)))
            .first;
  }
  return *found->second;
}

}  // namespace alloy::loki::write
