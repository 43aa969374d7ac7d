// Registration and counting.
#include "components/prometheus/scrape/scrape_metrics.h"

#include "components/prometheus/scrape/prometheus_duration.h"

namespace alloy::prometheus::scrape {

ScrapeMetrics::ScrapeMetrics(MetricRegistry& registry)
    : registry_(registry),
      targets_gauge_(registry.gauge("prometheus_scrape_targets_gauge",
                                    "Number of targets this component is configured to scrape")),
      targets_moved_(registry.counter(
          "prometheus_scrape_targets_moved_total",
          "Number of targets that have moved from this cluster node to another one")),
      pools_(registry.counter("prometheus_target_scrape_pools_total",
                              "Total number of scrape pool creation attempts.")),
      reloads_(registry.counter("prometheus_target_scrape_pool_reloads_total",
                                "Total number of scrape pool reloads.")),
      target_limit_exceeded_(registry.counter(
          "prometheus_target_scrape_pool_exceeded_target_limit_total",
          "Total number of times scrape pools hit the target limit, during sync or config "
          "reload.")),
      label_limit_exceeded_(registry.counter(
          "prometheus_target_scrape_pool_exceeded_label_limits_total",
          "Total number of times scrape pools hit the label limits, during sync or config "
          "reload.")),
      sample_limit_exceeded_(
          registry.counter("prometheus_target_scrapes_exceeded_sample_limit_total",
                           "Total number of scrapes that hit the sample limit and were rejected.")),
      bucket_limit_exceeded_(registry.counter(
          "prometheus_target_scrapes_exceeded_native_histogram_bucket_limit_total",
          "Total number of scrapes that hit the native histogram bucket limit and were "
          "rejected.")),
      body_limit_exceeded_(
          registry.counter("prometheus_target_scrapes_exceeded_body_size_limit_total",
                           "Total number of scrapes that hit the body size limit")),
      duplicates_(registry.counter("prometheus_target_scrapes_sample_duplicate_timestamp_total",
                                   "Total number of samples rejected due to duplicate timestamps "
                                   "but different values.")),
      out_of_bounds_(registry.counter("prometheus_target_scrapes_sample_out_of_bounds_total",
                                      "Total number of samples rejected due to timestamp falling "
                                      "outside of the time bounds.")),
      duration_(registry.histogram("prometheus_target_scrape_duration_seconds",
                                   "Total duration of the scrape from start to commit completion "
                                   "in seconds.",
                                   default_buckets())) {
  pools_.add();
}

ScrapeMetrics::Pool ScrapeMetrics::make_pool(const std::string& job) {
  const MetricLabels labels = {{"scrape_job", job}};
  return {
      .job = job,
      .targets = registry_.gauge("prometheus_target_scrape_pool_targets",
                                 "Current number of targets in this scrape pool.", labels),
      .target_limit =
          registry_.gauge("prometheus_target_scrape_pool_target_limit",
                          "Maximum number of targets allowed in this scrape pool.", labels),
      .syncs =
          registry_.counter("prometheus_target_scrape_pool_sync_total",
                            "Total number of syncs that were executed on a scrape pool.", labels),
      .syncs_failed = registry_.counter("prometheus_target_sync_failed_total",
                                        "Total number of target sync failures.", labels),
      .sync_length = registry_.histogram("prometheus_target_sync_length_histogram_seconds",
                                         "Actual interval to sync the scrape pool.",
                                         {0.01, 0.1, 1, 10}, labels),
  };
}

void ScrapeMetrics::set_job(const std::string& job) {
  if (pool_ && pool_->job == job) return;
  if (pool_) {
    const MetricLabels labels = {{"scrape_job", pool_->job}};
    for (const char* name :
         {"prometheus_target_scrape_pool_targets", "prometheus_target_scrape_pool_target_limit",
          "prometheus_target_scrape_pool_sync_total", "prometheus_target_sync_failed_total",
          "prometheus_target_sync_length_histogram_seconds"}) {
      registry_.remove(name, labels);
    }
  }
  pool_.emplace(make_pool(job));
}

void ScrapeMetrics::set_targets(size_t count, size_t limit) {
  targets_gauge_.set(static_cast<double>(count));
  pool_->targets.set(static_cast<double>(count));
  pool_->target_limit.set(static_cast<double>(limit));
}

void ScrapeMetrics::count_sync(double seconds, size_t failed_targets) {
  pool_->syncs.add();
  pool_->sync_length.observe(seconds);
  pool_->syncs_failed.add(static_cast<double>(failed_targets));
}

void ScrapeMetrics::count_scrape(double seconds, const IngestCounts& counts) {
  duration_.observe(seconds);
  duplicates_.add(static_cast<double>(counts.duplicates));
  out_of_bounds_.add(static_cast<double>(counts.out_of_bounds));
  if (counts.label_limit_exceeded) label_limit_exceeded_.add();
  if (counts.sample_limit_exceeded) sample_limit_exceeded_.add();
  if (counts.bucket_limit_exceeded) bucket_limit_exceeded_.add();
}

void ScrapeMetrics::observe_interval(Duration configured, double seconds) {
  registry_
      .histogram("prometheus_target_interval_length_histogram_seconds",
                 "Actual intervals between scrapes.", {0.01, 0.1, 1, 10, 60, 600},
                 {{"interval", format_prometheus_duration(configured)}})
      .observe(seconds);
}

}  // namespace alloy::prometheus::scrape
