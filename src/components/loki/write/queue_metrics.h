// What loki.write says about its queues on disk: how much waits in them, and with the block `wal`
// the names that the real program uses for its write-ahead log, where they have a meaning here.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "components/shared/outgoing/queue_store.h"

namespace alloy::loki::write {

class QueueMetrics {
 public:
  explicit QueueMetrics(MetricRegistry& registry);
  ~QueueMetrics();
  QueueMetrics(const QueueMetrics&) = delete;
  QueueMetrics& operator=(const QueueMetrics&) = delete;

  struct Endpoint {
    std::string id;   // In metrics.
    std::string key;  // The name of its reader.
  };
  struct Subject {
    std::shared_ptr<outgoing::QueueStore> store;
    std::vector<Endpoint> endpoints;
    bool shows_wal = false;
  };
  // What to look at from now on.
  void set(Subject subject);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace alloy::loki::write
