// What prometheus.scrape says about itself on /metrics, under the names of the real one.
#pragma once

#include <optional>
#include <string>

#include "base/duration.h"
#include "base/metrics.h"
#include "components/prometheus/scrape/ingest.h"

namespace alloy::prometheus::scrape {

class ScrapeMetrics {
 public:
  explicit ScrapeMetrics(MetricRegistry& registry);

  // The job that the gauges of the pool are labelled with.
  void set_job(const std::string& job);
  void set_targets(size_t count, size_t limit);
  void count_sync(double seconds, size_t failed_targets);
  void count_reload() { reloads_.add(); }
  void count_target_limit() { target_limit_exceeded_.add(); }
  void count_moved(size_t targets) { targets_moved_.add(static_cast<double>(targets)); }

  void count_scrape(double seconds, const IngestCounts& counts);
  void count_body_limit() { body_limit_exceeded_.add(); }
  void observe_interval(Duration configured, double seconds);

 private:
  // Gauges and counters that carry the job's name.
  struct Pool {
    std::string job;
    Gauge& targets;
    Gauge& target_limit;
    Counter& syncs;
    Counter& syncs_failed;
    Histogram& sync_length;
  };
  Pool make_pool(const std::string& job);

  MetricRegistry& registry_;
  Gauge& targets_gauge_;
  Counter& targets_moved_;
  Counter& pools_;
  Counter& reloads_;
  Counter& target_limit_exceeded_;
  Counter& label_limit_exceeded_;
  Counter& sample_limit_exceeded_;
  Counter& bucket_limit_exceeded_;
  Counter& body_limit_exceeded_;
  Counter& duplicates_;
  Counter& out_of_bounds_;
  Histogram& duration_;
  std::optional<Pool> pool_;  // Set before the first target.
};

}  // namespace alloy::prometheus::scrape
