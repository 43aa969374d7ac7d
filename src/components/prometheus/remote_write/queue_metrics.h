// What the component says about its queues on disk, under the names that the real program uses for
// its write-ahead log, where they have a meaning here.
#pragma once

#include <memory>

#include "base/metrics.h"
#include "components/prometheus/remote_write/intake.h"
#include "components/shared/outgoing/queue_store.h"

namespace alloy::prometheus::remote_write {

// The store is there once the component has been configured.
class QueueMetrics {
 public:
  QueueMetrics(MetricRegistry& registry, std::shared_ptr<Intake> intake);

  void set_store(std::shared_ptr<outgoing::QueueStore> store, double open_seconds);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace alloy::prometheus::remote_write
