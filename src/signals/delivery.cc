// Settling of deliveries.
#include "signals/delivery.h"

#include <algorithm>

namespace alloy {

DeliveryPointer Delivery::create(Settled settled) {
  return std::make_shared<Delivery>(std::move(settled));
}

DeliveryPointer Delivery::join(std::vector<DeliveryPointer> deliveries) {
  std::ranges::sort(deliveries);
  const auto repeated = std::ranges::unique(deliveries);
  deliveries.erase(repeated.begin(), repeated.end());
  std::erase(deliveries, nullptr);
  if (deliveries.empty()) return nullptr;
  if (deliveries.size() == 1) return deliveries.front();
  const bool source_waits = std::ranges::all_of(deliveries, &Delivery::source_waits);
  auto joined = create([held = std::move(deliveries)](Outcome outcome) {
    if (outcome == Outcome::delivered) return;
    for (const DeliveryPointer& delivery : held) delivery->fail();
  });
  if (source_waits) joined->set_source_waits();
  return joined;
}

Delivery::~Delivery() {
  if (settled_) settled_(has_failed() ? Outcome::failed : Outcome::delivered);
}

bool Delivery::is_taken_by(const void* receiver) const {
  if (!is_partly_taken_.load(std::memory_order_acquire)) return false;
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(taken_by_, [&](const auto& taker) { return taker.get() == receiver; });
}

void Delivery::mark_taken_by(std::shared_ptr<const void> receiver) {
  const std::lock_guard lock(mutex_);
  taken_by_.push_back(std::move(receiver));
  is_partly_taken_.store(true, std::memory_order_release);
}

}  // namespace alloy
