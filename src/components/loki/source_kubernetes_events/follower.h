// Follows the events of one namespace, or of all, and hands them on.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/log.h"
#include "components/loki/shared/forwarder.h"
#include "components/loki/shared/positions.h"
#include "components/loki/source_kubernetes_events/cluster_event.h"
#include "components/shared/kubernetes/api_client.h"
#include "components/shared/kubernetes/informer.h"
#include "signals/series.h"

namespace alloy::loki::source_kubernetes_events {

// How events become entries; the same for all namespaces.
struct Spelling {
  std::string job;
  std::string instance;
  LineFormat format = LineFormat::logfmt;
};

// What followers share; outlives them.
struct FollowerEnvironment {
  SeriesStore& store;
  std::shared_ptr<Forwarder> forwarder;
  std::shared_ptr<PositionsFile> positions;
  Clock& clock;
  Logger logger;
  MetricRegistry& metrics;
};

class Follower {
 public:
  Follower(FollowerEnvironment environment, std::shared_ptr<kubernetes::ApiClient> client,
           std::string name_space, Spelling spelling);

  // Until asked to stop. On a strand.
  Task<> run(StopToken stop);

  static PositionKey position_key(std::string_view name_space);

 private:
  struct Batch;

  void take(kubernetes::ObjectChanges changes);
  std::vector<std::shared_ptr<const ClusterEvent>> unseen(kubernetes::ObjectChanges changes);
  std::shared_ptr<Batch> make_batch(kubernetes::ObjectChanges changes);
  void add(const ClusterEvent& event, Batch& batch);
  Task<> hand_on(StopToken stop);

  const FollowerEnvironment environment_;
  const std::shared_ptr<kubernetes::ApiClient> client_;
  const std::string name_space_;
  const Spelling spelling_;
  const PositionKey key_;
  const std::shared_ptr<net::Throttle> throttle_ = std::make_shared<net::Throttle>();
  int64_t begin_us_ = 0;  // What isn't later was handed on by who ran before us.
  int64_t last_us_ = 0;   // The latest that is durable.
  std::map<std::string, std::string> known_;  // The version of each event that there is.

  std::mutex mutex_;  // Guards the next two.
  std::vector<kubernetes::ObjectChanges> news_;
  size_t waiting_ = 0;  // Changes in there.
  Event has_news_;
};

}  // namespace alloy::loki::source_kubernetes_events
