// The receiver that loki.write exports: hands what comes to every outbox.
#pragma once

#include <string>

#include "components/loki/write/outbox.h"
#include "components/shared/outgoing/outbox_list.h"
#include "signals/logs_receiver.h"

namespace alloy::loki::write {

class Intake final : public LogsReceiver {
 public:
  explicit Intake(std::string display) : outboxes_(std::move(display)) {}

  // Refuses as long as every queue is full: one that still takes entries is not held up by the
  // others, which then drop their oldest.
  Result<> receive(const LogBatch& batch) override;
  std::string capsule_display() const override { return outboxes_.display(); }
  outgoing::OutboxList<Outbox>& outboxes() { return outboxes_; }

 private:
  outgoing::OutboxList<Outbox> outboxes_;
};

}  // namespace alloy::loki::write
