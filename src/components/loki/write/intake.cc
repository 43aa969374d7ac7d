#include "components/loki/write/intake.h"

#include <algorithm>

namespace alloy::loki::write {

Result<> Intake::receive(const LogBatch& batch) {
  return outboxes_.use([&](const auto& outboxes) -> Result<> {
    const std::string& display = outboxes_.display();
    if (outboxes.empty()) return fail(display + " has no queue to write to");
    if (memory_ != nullptr && memory_->is_at_least(MemoryLevel::full)) {
      metrics_
          .counter("alloy_log_batches_refused_total",
                   "Batches that their sources have to hold back and hand on again.",
                   {{"reason", "memory"}})
          .add();
      return fail(display + " waits for memory", ErrorKind::full);
    }
    const bool is_full = std::ranges::all_of(outboxes, [](const auto& outbox) {
      return outbox->settings().drops_for.empty() && outbox->is_full();
    });
    if (is_full) return fail("the queue of " + display + " is full", ErrorKind::full);
    for (const auto& outbox : outboxes) outbox->receive(batch);
    return {};
  });
}

}  // namespace alloy::loki::write
