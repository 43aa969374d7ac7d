#include "components/loki/source_file/delivery_ledger.h"

#include <algorithm>

namespace alloy::loki::source_file {

DeliveryPointer DeliveryLedger::begin(Range range) {
  {
    const std::lock_guard lock(mutex_);
    const auto known =
        std::ranges::find_if(entries_, [&](const Entry& entry) { return entry.range == range; });
    if (known != entries_.end())
      known->state = State::underway;
    else
      entries_.push_back({range, State::underway});
  }
  return Delivery::create([ledger = shared_from_this(), range](Delivery::Outcome outcome) {
    ledger->settle(range, outcome);
  });
}

void DeliveryLedger::settle(Range range, Delivery::Outcome outcome) {
  std::function<void()> on_failure;
  {
    const std::lock_guard lock(mutex_);
    const auto entry =
        std::ranges::find_if(entries_, [&](const Entry& e) { return e.range == range; });
    ASSERT(entry != entries_.end());
    const bool is_delivered = outcome == Delivery::Outcome::delivered;
    entry->state = is_delivered ? State::delivered : State::failed;
    if (!is_delivered) on_failure = on_failure_;
    while (!entries_.empty() && entries_.front().state == State::delivered) {
      committed_ = entries_.front().range.end;
      entries_.pop_front();
    }
    if (mark_) mark_->set_offset(committed_);
  }
  if (on_failure) on_failure();
}

std::optional<Range> DeliveryLedger::take_failed() {
  const std::lock_guard lock(mutex_);
  for (Entry& entry : entries_) {
    if (entry.state != State::failed) continue;
    entry.state = State::underway;
    return entry.range;
  }
  return std::nullopt;
}

bool DeliveryLedger::is_settled() const {
  const std::lock_guard lock(mutex_);
  return entries_.empty();
}

int64_t DeliveryLedger::committed() const {
  const std::lock_guard lock(mutex_);
  return committed_;
}

void DeliveryLedger::silence() {
  const std::lock_guard lock(mutex_);
  on_failure_ = nullptr;
}

void DeliveryLedger::abandon() {
  const std::lock_guard lock(mutex_);
  mark_.reset();
  on_failure_ = nullptr;
}

}  // namespace alloy::loki::source_file
