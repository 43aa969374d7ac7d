// The receiver that prometheus.remote_write exports: counts what comes and hands it to every
// outbox.
#pragma once

#include <functional>
#include <string>

#include "base/metrics.h"
#include "components/prometheus/remote_write/outbox.h"
#include "components/prometheus/remote_write/series_tracker.h"
#include "components/shared/outgoing/outbox_list.h"
#include "signals/metrics_receiver.h"

namespace alloy::prometheus::remote_write {

class Intake final : public MetricsReceiver {
 public:
  // `program` has the metrics that all components share; null: none.
  Intake(std::string display, MetricRegistry& own, MetricRegistry* program);

  // Shown every batch that comes in. Set before the first one does.
  void set_observer(std::function<void(const MetricBatch&)> observer) {
    observer_ = std::move(observer);
  }
  Result<> receive(const MetricBatch& batch) override;
  std::string capsule_display() const override { return outboxes_.display(); }
  outgoing::OutboxList<Outbox>& outboxes() { return outboxes_; }
  SeriesTracker& series() { return series_; }

 private:
  struct Counters {
    Counters(MetricRegistry& own, MetricRegistry* program);
    void add(const MetricBatch& batch);

    Counter& samples;
    Counter& exemplars;
    Gauge& newest_timestamp;
    // Of the whole program.
    Counter* samples_in = nullptr;
    Counter* exemplars_in = nullptr;
    Counter* histograms_in = nullptr;
  };

  outgoing::OutboxList<Outbox> outboxes_;
  std::function<void(const MetricBatch&)> observer_;
  Counters counters_;
  SeriesTracker series_;
};

}  // namespace alloy::prometheus::remote_write
