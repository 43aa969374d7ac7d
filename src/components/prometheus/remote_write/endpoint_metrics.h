// What an endpoint says about itself on /metrics, under the names that dashboards and alerts use.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/metrics.h"
#include "queue/record.h"

namespace alloy::prometheus::remote_write {

// The values that are looked up when somebody asks.
struct EndpointReadings {
  std::function<queue::Counts()> pending;
  std::function<queue::Counts()> dropped_by_relabelling;
  std::function<queue::Counts()> dropped_by_tenant;
  std::function<double()> custom_bucket_histograms;
  std::function<double()> newest_timestamp_seconds;
  std::function<double()> shards;
  std::function<double()> shards_desired;
  std::function<double()> shards_max;
  std::function<double()> shards_min;
  std::function<double()> shard_capacity;
  std::function<double()> samples_max;
};

// Registers everything, and takes it back when destroyed.
class EndpointMetrics {
 public:
  EndpointMetrics(MetricRegistry& registry, std::string name, std::string url,
                  EndpointReadings readings);
  ~EndpointMetrics();
  EndpointMetrics(const EndpointMetrics&) = delete;
  EndpointMetrics& operator=(const EndpointMetrics&) = delete;

  void add_sent(const queue::Counts& counts, size_t bytes, int64_t time_max_ms);
  void add_failed(const queue::Counts& counts) { add(failed_, counts); }
  void add_retried(const queue::Counts& counts) { add(retried_, counts); }
  void add_dropped(std::string_view reason, const queue::Counts& counts);
  void observe_request(double seconds) { duration_->observe(seconds); }

  // What add_sent() has counted so far.
  queue::Counts sent() const;

 private:
  // One for samples, exemplars and histograms each.
  using PerKind = std::array<Counter*, 3>;

  static void add(const PerKind& counters, const queue::Counts& counts);
  PerKind make_counters(std::string_view suffix, std::string_view what);
  void make_functions(const EndpointReadings& readings);
  void collect_drops(const EndpointReadings& readings);
  void function(std::string_view name, std::string_view help, MetricType type,
                std::function<double()> read);
  MetricLabels labels(std::string_view reason = {}) const;

  MetricRegistry& registry_;
  std::string name_;
  std::string url_;
  std::shared_ptr<int> alive_ = std::make_shared<int>();  // Tells the collector when to stop.
  std::vector<std::pair<std::string, MetricLabels>> registered_;
  PerKind sent_;
  PerKind failed_;
  PerKind retried_;
  Counter* bytes_;
  Histogram* duration_;
  Gauge* newest_sent_;
};

}  // namespace alloy::prometheus::remote_write
