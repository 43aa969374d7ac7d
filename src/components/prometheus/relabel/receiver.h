// The receiver of prometheus.relabel: relabels a batch and passes it on.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "components/prometheus/shared/live_metrics.h"
#include "components/prometheus/shared/mapped_batch.h"
#include "signals/metrics_receiver.h"
#include "signals/relabel_cache.h"

namespace alloy::prometheus::relabel {

class Receiver final : public MetricsReceiver {
 public:
  // The metrics and their counters belong to the component; close() comes before they go.
  Receiver(SeriesStore& store, MetricRegistry& metrics, std::string name, LiveMetrics live);
  ~Receiver() override;

  void configure(RelabelRulesPointer rules, std::vector<MetricsReceiverPointer> forward_to);
  Result<void> receive(const MetricBatch& batch) override;
  // Gives up results that were not asked for since the call before the last.
  void forget_unused();
  // What each rule did to series so far, and how many series are remembered.
  struct Cardinality {
    std::vector<RelabelRule> rules;
    std::vector<RelabelCache::RuleCounts> counts;  // One a rule.
    size_t series = 0;
  };
  Cardinality cardinality();
  // Takes no more batches: the component has exited.
  void close();

  std::string capsule_display() const override { return name_; }

 private:
  void relabel(const MetricBatch& batch, MappedBatch& out);

  const std::string name_;
  const LiveMetrics live_;
  MetricsFanout fanout_;
  Counter& processed_;
  Counter& written_;
  Counter& hits_;
  Counter& misses_;
  Counter& deletes_;
  Gauge& size_;

  RelabelRulesPointer rules_;  // Guarded by the cache's mutex.
  RelabelCache cache_;
  bool is_closed_ = false;        // Guarded by the cache's mutex, as what follows.
  size_t in_flight_ = 0;          // Batches whose series must stay valid.
  RelabelCache::Counts counted_;  // What the counters know of.
  std::vector<std::unique_ptr<MappedBatch>> free_;  // One for each thread that is in receive().
};

}  // namespace alloy::prometheus::relabel
