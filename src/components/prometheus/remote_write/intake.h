// The receiver that prometheus.remote_write exports: counts what comes and hands it to every
// outbox.
#pragma once

#include <functional>
#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "components/prometheus/remote_write/outbox.h"
#include "components/prometheus/remote_write/series_tracker.h"
#include "signals/metrics_receiver.h"

namespace alloy::prometheus::remote_write {

class Intake final : public MetricsReceiver {
 public:
  using Outboxes = std::vector<std::shared_ptr<Outbox>>;

  // `program` has the metrics that all components share; null: none.
  Intake(std::string display, MetricRegistry& own, MetricRegistry* program);

  // Shown every batch that comes in. Set before the first one does.
  void set_observer(std::function<void(const MetricBatch&)> observer) {
    observer_ = std::move(observer);
  }
  Result<> receive(const MetricBatch& batch) override;
  std::string capsule_display() const override { return display_; }

  // Runs `make` while no batch is under way, and goes on with the outboxes it returns.
  void change(const std::function<Outboxes(const Outboxes&)>& make);
  // Takes no more.
  void close();
  Outboxes outboxes() const;
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

  std::string display_;
  std::function<void(const MetricBatch&)> observer_;
  Counters counters_;
  SeriesTracker series_;
  mutable std::shared_mutex mutex_;  // Held for reading while a batch passes. Guards the following.
  Outboxes outboxes_;
  bool closed_ = false;
};

}  // namespace alloy::prometheus::remote_write
