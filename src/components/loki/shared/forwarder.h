// How a source that can wait hands on what it has: until its receivers have taken it and made it
// durable.
#pragma once

#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/task.h"
#include "signals/logs_receiver.h"

namespace alloy::loki {

class Forwarder {
 public:
  explicit Forwarder(Clock& clock) : clock_(clock) {}

  void set_receivers(std::vector<LogsReceiverPointer> receivers) {
    fanout_.set_receivers(std::move(receivers));
  }
  LogsFanout& fanout() { return fanout_; }

  // Hands the batch on, again as long as receivers refuse it or lose it, for at most `patience` or
  // until asked to stop; the last error then. `memory` keeps alive what the entries point to.
  static Task<Result<>> deliver(std::shared_ptr<Forwarder> self, std::span<const LogEntry> entries,
                                std::shared_ptr<const void> memory, Duration patience,
                                StopToken stop);

 private:
  Clock& clock_;
  LogsFanout fanout_;
};

}  // namespace alloy::loki
