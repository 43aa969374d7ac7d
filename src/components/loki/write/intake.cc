#include "components/loki/write/intake.h"

#include <algorithm>

namespace alloy::loki::write {

Result<> Intake::receive(const LogBatch& batch) {
  const std::shared_lock lock(mutex_);
  if (is_closed_) return fail(display_ + " has exited", ErrorKind::stopped);
  if (outboxes_.empty()) return fail(display_ + " has no queue to write to");
  const bool is_full = std::ranges::all_of(outboxes_, [](const auto& outbox) {
    return outbox->settings().drops_for.empty() && outbox->is_full();
  });
  if (is_full) return fail("the queue of " + display_ + " is full", ErrorKind::full);
  for (const auto& outbox : outboxes_) outbox->receive(batch);
  return {};
}

void Intake::change(const std::function<Outboxes(const Outboxes&)>& make) {
  const std::unique_lock lock(mutex_);
  outboxes_ = make(outboxes_);
}

void Intake::close() {
  const std::unique_lock lock(mutex_);
  is_closed_ = true;
}

Intake::Outboxes Intake::outboxes() const {
  const std::shared_lock lock(mutex_);
  return outboxes_;
}

}  // namespace alloy::loki::write
