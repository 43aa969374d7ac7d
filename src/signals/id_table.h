// A hash set of 32-bit numbers, for owners that know how to compare what the numbers stand for.
// Open addressing at up to 7/8 load and growth by half: about 11 bytes an entry.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace alloy {

class IdTable {
 public:
  static constexpr uint32_t none = 0;

  // The number with this hash for which `is_equal(number)` holds; none if there is none.
  template <class IsEqual>
  uint32_t find(uint64_t hash, IsEqual is_equal) const {
    if (capacity_ == 0) return none;
    const auto tag = static_cast<uint32_t>(hash);
    for (size_t i = home(tag);; i = next(i)) {
      const Slot& slot = slots_[i];
      if (slot.id == none) return none;
      if (slot.tag == tag && is_equal(slot.id)) return slot.id;
    }
  }
  // Adds a number that is not there yet.
  void insert(uint64_t hash, uint32_t id);
  // Takes out a number that is there.
  void erase(uint64_t hash, uint32_t id);

  size_t size() const { return size_; }
  size_t bytes() const { return capacity_ * sizeof(Slot); }

  template <class Visit>
  void for_each(Visit visit) const {
    for (size_t i = 0; i < capacity_; ++i) {
      if (slots_[i].id != none) visit(slots_[i].id);
    }
  }

 private:
  struct Slot {
    uint32_t tag = 0;
    uint32_t id = none;
  };
  size_t home(uint32_t tag) const { return static_cast<size_t>((uint64_t{tag} * capacity_) >> 32); }
  size_t next(size_t i) const { return i + 1 == capacity_ ? 0 : i + 1; }
  void place(Slot slot);
  void grow();

  std::unique_ptr<Slot[]> slots_;
  size_t capacity_ = 0;
  size_t size_ = 0;
};

}  // namespace alloy
