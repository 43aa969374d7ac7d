// The receiver that loki.write exports: hands what comes to every outbox.
#pragma once

#include <functional>
#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

#include "components/loki/write/outbox.h"
#include "signals/logs_receiver.h"

namespace alloy::loki::write {

class Intake final : public LogsReceiver {
 public:
  using Outboxes = std::vector<std::shared_ptr<Outbox>>;

  explicit Intake(std::string display) : display_(std::move(display)) {}

  // Refuses as long as every queue is full: one that still takes entries is not held up by the
  // others, which then drop their oldest.
  Result<> receive(const LogBatch& batch) override;
  std::string capsule_display() const override { return display_; }

  // Runs `make` while no batch is under way, and goes on with the outboxes it returns.
  void change(const std::function<Outboxes(const Outboxes&)>& make);
  // Takes no more.
  void close();
  Outboxes outboxes() const;

 private:
  const std::string display_;
  mutable std::shared_mutex mutex_;  // Held for reading while a batch passes. Guards the following.
  Outboxes outboxes_;
  bool is_closed_ = false;
};

}  // namespace alloy::loki::write
