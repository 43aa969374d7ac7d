// The receiver of loki.relabel: relabels the streams of a batch and passes it on.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "components/loki/shared/live_logs.h"
#include "signals/logs_receiver.h"
#include "signals/relabel_cache.h"

namespace alloy::loki::relabel {

class Receiver final : public LogsReceiver {
 public:
  // The metrics and their counters belong to the component; close() comes before they go.
  Receiver(SeriesStore& store, MetricRegistry& metrics, std::string name, LiveLogs live);

  void configure(RelabelRulesPointer rules, std::vector<LogsReceiverPointer> forward_to,
                 size_t cache_size_max);
  Result<void> receive(const LogBatch& batch) override;
  // Gives up results that were not asked for since the call before the last.
  void forget_unused();
  // Takes no more batches: the component has exited.
  void close();

  std::string capsule_display() const override { return name_; }

 private:
  using Entries = std::vector<LogEntry>;

  void relabel(const LogBatch& batch, Entries& out);
  void show(const LogBatch& batch);
  void limit_cache();

  SeriesStore& store_;
  const std::string name_;
  const LiveLogs live_;
  LogsFanout fanout_;
  Counter& processed_;
  Counter& written_;
  Counter& hits_;
  Counter& misses_;
  Gauge& size_;

  RelabelCache cache_;
  RelabelRulesPointer rules_;  // Guarded by the cache's mutex, as what follows.
  size_t cache_size_max_ = 0;
  bool is_closed_ = false;
  size_t in_flight_ = 0;  // Batches whose labels must stay valid.
  std::vector<std::unique_ptr<Entries>> free_;
};

}  // namespace alloy::loki::relabel
