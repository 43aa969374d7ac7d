// Insertion, growth and removal of the hash set.
#include "signals/id_table.h"

#include "base/error.h"

namespace alloy {

void IdTable::place(Slot slot) {
  size_t i = home(slot.tag);
  while (slots_[i].id != none) i = next(i);
  slots_[i] = slot;
}

void IdTable::grow() {
  const auto old = std::move(slots_);
  const size_t old_capacity = capacity_;
  capacity_ = capacity_ == 0 ? 16 : capacity_ + capacity_ / 2;
  slots_ = std::make_unique<Slot[]>(capacity_);
  for (size_t i = 0; i < old_capacity; ++i) {
    if (old[i].id != none) place(old[i]);
  }
}

void IdTable::insert(uint64_t hash, uint32_t id) {
  if ((size_ + 1) * 8 > capacity_ * 7) grow();
  place({static_cast<uint32_t>(hash), id});
  ++size_;
}

void IdTable::erase(uint64_t hash, uint32_t id) {
  ASSERT(capacity_ > 0);
  size_t hole = home(static_cast<uint32_t>(hash));
  while (slots_[hole].id != id) {
    ASSERT(slots_[hole].id != none);
    hole = next(hole);
  }
  // Moves back what would no longer be found once there is a hole on the way to it.
  for (size_t i = next(hole); slots_[i].id != none; i = next(i)) {
    const size_t wanted = home(slots_[i].tag);
    const size_t from_wanted = i >= wanted ? i - wanted : i + capacity_ - wanted;
    const size_t from_hole = i >= hole ? i - hole : i + capacity_ - hole;
    if (from_wanted < from_hole) continue;
    slots_[hole] = slots_[i];
    hole = i;
  }
  slots_[hole] = {};
  --size_;
}

}  // namespace alloy
