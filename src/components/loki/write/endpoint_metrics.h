// What an endpoint says about itself on /metrics, under the names that dashboards and alerts use.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/metrics.h"

namespace alloy::loki::write {

// Of one tenant. The series stay as long as the component: endpoints of one host share them.
class TenantMetrics {
 public:
  TenantMetrics(MetricRegistry& registry, std::string host, std::string tenant);

  void add_sent(size_t entries, size_t bytes);
  void add_dropped(std::string_view reason, size_t entries, size_t bytes);
  void add_retry() { retries_.add(1); }
  void observe_size(size_t bytes);
  void observe_request(int status, double seconds);
  // How long ago the entries of a request were read, when they have been sent.
  void observe_latency(size_t entries, double seconds_min, double seconds_max);

 private:
  MetricLabels labels(std::string_view name = {}, std::string_view value = {}) const;
  Counter& dropped(std::string_view what, std::string_view reason);

  MetricRegistry& registry_;
  const std::string host_;
  const std::string tenant_;
  Counter& sent_bytes_;
  Counter& sent_entries_;
  Counter& retries_;
};

class EndpointMetrics {
 public:
  EndpointMetrics(MetricRegistry& registry, std::string host)
      : registry_(registry), host_(std::move(host)) {}

  // Its counters are there from the first call on. From any thread.
  TenantMetrics& tenant(std::string_view name);
  const std::string& host() const { return host_; }

 private:
  MetricRegistry& registry_;
  const std::string host_;
  std::mutex mutex_;  // Guards everything below.
  std::map<std::string, std::unique_ptr<TenantMetrics>, std::less<>> tenants_;
};

}  // namespace alloy::loki::write
