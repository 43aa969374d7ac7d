// Relabelling of batches.
#include "components/prometheus/relabel/receiver.h"

namespace alloy::prometheus::relabel {

Receiver::Receiver(SeriesStore& store, MetricRegistry& metrics, std::string name, LiveMetrics live)
    : name_(std::move(name)),
      live_(std::move(live)),
      fanout_(metrics),
      processed_(metrics.counter("alloy_prometheus_relabel_metrics_processed",
                                 "Total number of metrics processed")),
      written_(metrics.counter("alloy_prometheus_relabel_metrics_written",
                               "Total number of metrics written")),
      hits_(metrics.counter("alloy_prometheus_relabel_cache_hits", "Total number of cache hits")),
      misses_(
          metrics.counter("alloy_prometheus_relabel_cache_misses", "Total number of cache misses")),
      deletes_(metrics.counter("alloy_prometheus_relabel_cache_deletes",
                               "Total number of cache deletes")),
      size_(metrics.gauge("alloy_prometheus_relabel_cache_size", "Total size of relabel cache")),
      cache_(store) {
  metrics.counter("alloy_prometheus_relabel_cache_ttl_evictions",
                  "Total number of cache entries evicted because their TTL expired");
  cache_.count_rules();
}

Receiver::~Receiver() = default;

void Receiver::configure(RelabelRulesPointer rules,
                         std::vector<MetricsReceiverPointer> forward_to) {
  fanout_.set_receivers(std::move(forward_to));
  const std::lock_guard lock(cache_.mutex());
  rules_ = rules;
  cache_.reset(std::move(rules));
  size_.set(0);
}

void Receiver::forget_unused() {
  const std::lock_guard lock(cache_.mutex());
  cache_.mark_unused();
  if (in_flight_ == 0) cache_.release_forgotten();
  size_.set(static_cast<double>(cache_.size()));
}

Receiver::Cardinality Receiver::cardinality() {
  const std::lock_guard lock(cache_.mutex());
  Cardinality result{.counts = cache_.rule_counts(), .series = cache_.size()};
  if (rules_) result.rules = rules_->rules();
  return result;
}

void Receiver::close() {
  fanout_.set_receivers({});
  const std::lock_guard lock(cache_.mutex());
  is_closed_ = true;
}

Result<void> Receiver::receive(const MetricBatch& batch) {
  std::unique_ptr<MappedBatch> relabeled;
  {
    const std::lock_guard lock(cache_.mutex());
    if (is_closed_) return fail(name_ + " has exited");
    if (free_.empty()) {
      relabeled = std::make_unique<MappedBatch>();
    } else {
      relabeled = std::move(free_.back());
      free_.pop_back();
    }
    ++in_flight_;
    relabel(batch, *relabeled);
  }
  const MetricBatch out = relabeled->batch();
  Result<void> result;
  if (!out.empty()) result = fanout_.receive(out);

  const std::lock_guard lock(cache_.mutex());
  if (--in_flight_ == 0) cache_.release_forgotten();
  free_.push_back(std::move(relabeled));
  return result;
}

void Receiver::relabel(const MetricBatch& batch, MappedBatch& out) {
  if (live_.is_watched()) {
    std::vector<LiveMetrics::Change> changes;
    for (const Sample& sample : batch.samples) {
      changes.emplace_back(sample.series, cache_.find(*sample.series));
    }
    live_.show_changes(changes);
  }
  const RelabelCache::Counts counts = out.assign(batch, cache_);
  const MetricBatch relabeled = out.batch();
  const size_t processed = batch.samples.size() + batch.histograms.size();
  const size_t written = relabeled.samples.size() + relabeled.histograms.size();
  processed_.add(static_cast<double>(processed));
  written_.add(static_cast<double>(written));
  hits_.add(static_cast<double>(counts.hits - counted_.hits));
  misses_.add(static_cast<double>(counts.misses - counted_.misses));
  deletes_.add(static_cast<double>(cache_.counts().deletes - counted_.deletes));
  counted_ = cache_.counts();
  size_.set(static_cast<double>(cache_.size()));
}

}  // namespace alloy::prometheus::relabel
