// Counting, and what the numbers are called.
#include "components/prometheus/scrape/scrape_metrics.h"

#include <array>
#include <mutex>

#include "components/shared/prometheus_duration.h"

namespace alloy::prometheus::scrape {
namespace {

constexpr const char* sync_length_name = "prometheus_target_sync_length_histogram_seconds";

MetricLabels job_labels(const std::string& job) { return {{"scrape_job", job}}; }

}  // namespace

std::string_view name_of(ShedReason reason) {
  return reason == ShedReason::memory ? "memory" : "overload";
}

struct ScrapeMetrics::Numbers {
  Gauge targets;
  Counter targets_moved;
  Counter pools;
  Counter reloads;
  Counter target_limit_exceeded;
  Counter label_limit_exceeded;
  Counter sample_limit_exceeded;
  Counter bucket_limit_exceeded;
  Counter body_limit_exceeded;
  Counter duplicates;
  Counter out_of_bounds;
  std::array<Counter, 2> shed;  // By ShedReason.
  // Those of the present job.
  Gauge pool_targets;
  Gauge pool_target_limit;
  Gauge syncs;  // Counters, but they begin anew with each job.
  Gauge syncs_failed;

  mutable std::mutex mutex;  // Guards everything below.
  bool has_job = false;
  std::string job;
};

struct ScrapeMetrics::Row {
  const char* name;
  const char* help;
  MetricType type;
  double (*read)(const Numbers&);
  bool is_of_job = false;
};

std::span<const ScrapeMetrics::Row> ScrapeMetrics::rows() {
  using enum MetricType;
  using N = Numbers;
  static constexpr Row rows[] = {
      {"prometheus_scrape_targets_gauge",
       "Number of targets this component is configured to scrape", gauge,
       [](const N& n) { return n.targets.value(); }},
      {"prometheus_scrape_targets_moved_total",
       "Number of targets that have moved from this cluster node to another one", counter,
       [](const N& n) { return n.targets_moved.value(); }},
      {"prometheus_target_scrape_pools_total", "Total number of scrape pool creation attempts.",
       counter, [](const N& n) { return n.pools.value(); }},
      {"prometheus_target_scrape_pool_reloads_total", "Total number of scrape pool reloads.",
       counter, [](const N& n) { return n.reloads.value(); }},
      {"prometheus_target_scrape_pool_exceeded_target_limit_total",
       "Total number of times scrape pools hit the target limit, during sync or config reload.",
       counter, [](const N& n) { return n.target_limit_exceeded.value(); }},
      {"prometheus_target_scrape_pool_exceeded_label_limits_total",
       "Total number of times scrape pools hit the label limits, during sync or config reload.",
       counter, [](const N& n) { return n.label_limit_exceeded.value(); }},
      {"prometheus_target_scrapes_exceeded_sample_limit_total",
       "Total number of scrapes that hit the sample limit and were rejected.", counter,
       [](const N& n) { return n.sample_limit_exceeded.value(); }},
      {"prometheus_target_scrapes_exceeded_native_histogram_bucket_limit_total",
       "Total number of scrapes that hit the native histogram bucket limit and were rejected.",
       counter, [](const N& n) { return n.bucket_limit_exceeded.value(); }},
      {"prometheus_target_scrapes_exceeded_body_size_limit_total",
       "Total number of scrapes that hit the body size limit", counter,
       [](const N& n) { return n.body_limit_exceeded.value(); }},
      {"prometheus_target_scrapes_sample_duplicate_timestamp_total",
       "Total number of samples rejected due to duplicate timestamps but different values.",
       counter, [](const N& n) { return n.duplicates.value(); }},
      {"prometheus_target_scrapes_sample_out_of_bounds_total",
       "Total number of samples rejected due to timestamp falling outside of the time bounds.",
       counter, [](const N& n) { return n.out_of_bounds.value(); }},
      {"prometheus_target_scrape_pool_targets", "Current number of targets in this scrape pool.",
       gauge, [](const N& n) { return n.pool_targets.value(); }, true},
      {"prometheus_target_scrape_pool_target_limit",
       "Maximum number of targets allowed in this scrape pool.", gauge,
       [](const N& n) { return n.pool_target_limit.value(); }, true},
      {"prometheus_target_scrape_pool_sync_total",
       "Total number of syncs that were executed on a scrape pool.", counter,
       [](const N& n) { return n.syncs.value(); }, true},
      {"prometheus_target_sync_failed_total", "Total number of target sync failures.", counter,
       [](const N& n) { return n.syncs_failed.value(); }, true},
  };
  return rows;
}

void ScrapeMetrics::collect(const Numbers& numbers, MetricFamilies& out) {
  const std::lock_guard lock(numbers.mutex);
  for (const Row& row : rows()) {
    if (row.is_of_job && !numbers.has_job) continue;
    MetricLabels labels;
    if (row.is_of_job) labels = job_labels(numbers.job);
    out[row.name] = {.name = row.name,
                     .help = row.help,
                     .type = row.type,
                     .samples = {{row.name, std::move(labels), row.read(numbers)}}};
  }
  MetricFamily shed{.name = "alloy_scrapes_shed_total",
                    .help =
                        "Scrapes left out as a whole because the program was overloaded or "
                        "short of memory.",
                    .type = MetricType::counter};
  for (const ShedReason reason : {ShedReason::overload, ShedReason::memory}) {
    shed.samples.push_back({shed.name,
                            {{"reason", std::string(name_of(reason))}},
                            numbers.shed[static_cast<size_t>(reason)].value()});
  }
  out[shed.name] = std::move(shed);
}

ScrapeMetrics::ScrapeMetrics(MetricRegistry& registry)
    : registry_(registry),
      numbers_(std::make_shared<Numbers>()),
      duration_(registry.histogram("prometheus_target_scrape_duration_seconds",
                                   "Total duration of the scrape from start to commit completion "
                                   "in seconds.",
                                   default_buckets())) {
  registry.collector([numbers = numbers_](MetricFamilies& out) { collect(*numbers, out); });
  numbers_->pools.add();
}

// The registry is never called with the mutex held: it calls collect() with its own.
void ScrapeMetrics::set_job(const std::string& job) {
  std::string before;
  {
    const std::lock_guard lock(numbers_->mutex);
    if (numbers_->has_job && numbers_->job == job) return;
    before = std::exchange(numbers_->job, job);
    numbers_->pool_targets.set(0);
    numbers_->pool_target_limit.set(0);
    numbers_->syncs.set(0);
    numbers_->syncs_failed.set(0);
    numbers_->has_job = true;
  }
  if (sync_length_ != nullptr) registry_.remove(sync_length_name, job_labels(before));
  sync_length_ = &registry_.histogram(sync_length_name, "Actual interval to sync the scrape pool.",
                                      {0.01, 0.1, 1, 10}, job_labels(job));
}

void ScrapeMetrics::set_targets(size_t count, size_t limit) {
  numbers_->targets.set(static_cast<double>(count));
  numbers_->pool_targets.set(static_cast<double>(count));
  numbers_->pool_target_limit.set(static_cast<double>(limit));
}

void ScrapeMetrics::count_sync(double seconds, size_t failed_targets) {
  numbers_->syncs.add(1);
  sync_length_->observe(seconds);
  numbers_->syncs_failed.add(static_cast<double>(failed_targets));
}

void ScrapeMetrics::count_reload() { numbers_->reloads.add(); }
void ScrapeMetrics::count_target_limit() { numbers_->target_limit_exceeded.add(); }
void ScrapeMetrics::count_shed(ShedReason reason) {
  numbers_->shed[static_cast<size_t>(reason)].add();
}
void ScrapeMetrics::count_body_limit() { numbers_->body_limit_exceeded.add(); }
void ScrapeMetrics::count_moved(size_t targets) {
  numbers_->targets_moved.add(static_cast<double>(targets));
}

void ScrapeMetrics::count_scrape(double seconds, const IngestCounts& counts) {
  duration_.observe(seconds);
  numbers_->duplicates.add(static_cast<double>(counts.duplicates));
  numbers_->out_of_bounds.add(static_cast<double>(counts.out_of_bounds));
  if (counts.label_limit_exceeded) numbers_->label_limit_exceeded.add();
  if (counts.sample_limit_exceeded) numbers_->sample_limit_exceeded.add();
  if (counts.bucket_limit_exceeded) numbers_->bucket_limit_exceeded.add();
}

void ScrapeMetrics::observe_interval(Duration configured, double seconds) {
  registry_
      .histogram("prometheus_target_interval_length_histogram_seconds",
                 "Actual intervals between scrapes.", {0.01, 0.1, 1, 10, 60, 600},
                 {{"interval", format_prometheus_duration(configured)}})
      .observe(seconds);
}

}  // namespace alloy::prometheus::scrape
