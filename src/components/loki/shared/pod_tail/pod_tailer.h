// Reads the log of one container by way of the API server, and goes on where it was whenever the
// connection ends, until the container has ended for good.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "components/loki/shared/forwarder.h"
#include "components/loki/shared/pod_tail/line_rhythm.h"
#include "components/loki/shared/pod_tail/pod_log_reader.h"
#include "components/loki/shared/pod_tail/pod_target.h"
#include "components/shared/kubernetes/api_client.h"
#include "signals/series.h"

namespace alloy::loki {

// What the tailers of a component share; outlives them.
struct PodTailEnvironment {
  SeriesStore& store;
  std::shared_ptr<Forwarder> forwarder;
  std::shared_ptr<PositionsFile> positions;
  Clock& clock;
  Logger logger;
  Counter& dropped_lines;  // Those out of order.
};

// How logs are read; replaced as a whole.
struct PodTailSettings {
  std::shared_ptr<kubernetes::ApiClient> client;
  bool tail_from_end = false;
  // Set once it is known: before Kubernetes 1.29 a server doesn't notice that a log was rotated.
  std::shared_ptr<std::atomic<bool>> misses_rotation = std::make_shared<std::atomic<bool>>(false);
};

class PodTailer {
 public:
  struct Status {
    std::string last_error;
    WallTime last_entry{};  // Or when the last error was.
  };

  // Finds out where to begin.
  PodTailer(const PodTailEnvironment& environment, PodTailSettings settings, PodTarget target);

  // Until asked to stop, or the container has ended. On a strand.
  Task<> run(StopToken stop);

  const PodTarget& target() const { return target_; }
  // From any thread.
  Status status() const;

  // Where the exact position is kept.
  static PositionKey exact_key(const PositionKey& key);

 private:
  class Stream;
  struct Batch;

  Task<Result<>> tail(StopToken stop);
  Task<Result<>> hand_on(Stream* stream, PodLogReader* reader, StopToken stop);
  Task<Result<>> deliver(std::shared_ptr<Batch> batch, PodLogReader* reader, StopToken stop);
  Task<bool> has_ended(StopToken stop);
  std::string log_url() const;
  void commit(const PodLogPosition& position);
  void report(WallTime when, std::string error);

  const PodTailEnvironment& environment_;
  const PodTailSettings settings_;
  const PodTarget target_;
  const PositionKey key_;
  const SeriesRef labels_;
  const Logger logger_;
  std::optional<PodLogPosition> position_;  // None: from the beginning.
  LineRhythm rhythm_;
  bool has_read_ = false;  // Since the last pause.

  mutable std::mutex mutex_;  // Guards the next one.
  Status status_;
};

}  // namespace alloy::loki
