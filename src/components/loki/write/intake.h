// The receiver that loki.write exports: hands what comes to every outbox.
#pragma once

#include <string>

#include "base/memory_budget.h"
#include "base/metrics.h"
#include "components/loki/write/outbox.h"
#include "components/shared/outgoing/outbox_list.h"
#include "signals/logs_receiver.h"

namespace alloy::loki::write {

class Intake final : public LogsReceiver {
 public:
  Intake(std::string display, MemoryBudget* memory, MetricRegistry& metrics)
      : memory_(memory), metrics_(metrics), outboxes_(std::move(display)) {}

  // Refuses as long as every queue is full: one that still takes entries is not held up by the
  // others, which then drop their oldest. Refuses as well while memory is full, so that the sources
  // wait: a batch that is refused comes again.
  Result<> receive(const LogBatch& batch) override;
  std::string capsule_display() const override { return outboxes_.display(); }
  outgoing::OutboxList<Outbox>& outboxes() { return outboxes_; }

 private:
  MemoryBudget* memory_;  // Null: never full.
  MetricRegistry& metrics_;
  outgoing::OutboxList<Outbox> outboxes_;
};

}  // namespace alloy::loki::write
