// How metrics pass from one component to the next.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/metrics.h"
#include "signals/metric_batch.h"
#include "values/capsule.h"

namespace alloy {

// Takes batches. What a component exports as `receiver` and others list in `forward_to`.
class MetricsReceiver {
 public:
  virtual ~MetricsReceiver() = default;

  // Plain and synchronous, from any thread, several at a time. It doesn't wait for the network;
  // an error means that (part of) the batch is lost for this receiver.
  virtual Result<void> receive(const MetricBatch& batch) = 0;

  // The type behind the interface, as the API shows receivers without a name.
  virtual std::string_view capsule_type_name() const { return "prometheus.Interceptor"; }
  // What the API shows: "prometheus.relabel.r.receiver"; empty: capsule("<type>").
  virtual std::string capsule_display() const { return {}; }
};

using MetricsReceiverPointer = std::shared_ptr<MetricsReceiver>;

template <>
struct CapsuleTraits<MetricsReceiver> {
  static constexpr std::string_view name = "storage.Appendable";
};

// Hands each batch to several receivers, one after another, and counts what went through.
// A failing receiver doesn't keep the batch from the others.
class MetricsFanout {
 public:
  // Registers prometheus_fanout_latency and prometheus_forwarded_samples_total.
  explicit MetricsFanout(MetricRegistry& metrics);

  // Takes effect with the next batch. Null receivers are left out.
  void set_receivers(std::vector<MetricsReceiverPointer> receivers);
  // Shown every batch before it is handed on. Set before the first one comes.
  void set_observer(std::function<void(const MetricBatch&)> observer) {
    observer_ = std::move(observer);
  }
  // The errors of all receivers that failed, joined.
  Result<void> receive(const MetricBatch& batch);

 private:
  using Receivers = std::shared_ptr<const std::vector<MetricsReceiverPointer>>;

  Counter& forwarded_;
  Histogram& latency_;
  std::function<void(const MetricBatch&)> observer_;
  std::mutex mutex_;  // Guards everything below.
  Receivers receivers_;
};

}  // namespace alloy
