#include "components/loki/write/intake.h"

#include <algorithm>

namespace alloy::loki::write {

Result<> Intake::receive(const LogBatch& batch) {
  return outboxes_.use([&](const auto& outboxes) -> Result<> {
    const std::string& display = outboxes_.display();
    if (outboxes.empty()) return fail(display + " has no queue to write to");
    const bool is_full = std::ranges::all_of(outboxes, [](const auto& outbox) {
      return outbox->settings().drops_for.empty() && outbox->is_full();
    });
    if (is_full) return fail("the queue of " + display + " is full", ErrorKind::full);
    for (const auto& outbox : outboxes) outbox->receive(batch);
    return {};
  });
}

}  // namespace alloy::loki::write
