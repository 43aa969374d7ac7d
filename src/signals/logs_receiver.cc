// Fan-out of batches of logs.
#include "signals/logs_receiver.h"

namespace alloy {

LogsFanout::LogsFanout() : receivers_(std::make_shared<const std::vector<LogsReceiverPointer>>()) {}

void LogsFanout::set_receivers(std::vector<LogsReceiverPointer> receivers) {
  std::erase(receivers, nullptr);
  auto next = std::make_shared<const std::vector<LogsReceiverPointer>>(std::move(receivers));
  const std::lock_guard lock(mutex_);
  receivers_ = std::move(next);
}

Result<void> LogsFanout::receive(const LogBatch& batch) {
  if (batch.empty()) return {};
  if (observer_) observer_(batch);
  Receivers receivers;
  {
    const std::lock_guard lock(mutex_);
    receivers = receivers_;
  }
  std::string errors;
  auto kind = ErrorKind::full;
  std::vector<LogsReceiverPointer> takers;
  for (const LogsReceiverPointer& receiver : *receivers) {
    if (batch.delivery && batch.delivery->is_taken_by(receiver.get())) continue;
    if (const auto result = receiver->receive(batch); !result) {
      if (!errors.empty()) errors += "\n";
      errors += result.error().message();
      if (result.error().kind() != ErrorKind::full) kind = result.error().kind();
    } else if (batch.delivery && receivers->size() > 1) {
      takers.push_back(receiver);
    }
  }
  if (errors.empty()) return {};
  for (LogsReceiverPointer& taker : takers) batch.delivery->mark_taken_by(std::move(taker));
  return fail(std::move(errors), kind);
}

}  // namespace alloy
