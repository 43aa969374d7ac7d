// One reserved range of addresses, made usable step by step.
#include "signals/arena.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <sys/mman.h>
#include <utility>

#include "base/error.h"

namespace alloy {

namespace {
constexpr size_t commit_step = size_t{1} << 20;
constexpr size_t readable_tail = 64;

size_t round_to(size_t bytes, size_t step) { return (bytes + step - 1) / step * step; }
}  // namespace

Arena::Arena() {
  // All that 32-bit numbers can name; less where the address space is limited (ulimit -v).
  for (reserved_ = (size_t{1} << 32) * unit; reserved_ >= (size_t{1} << 26); reserved_ /= 2) {
    void* range =
        mmap(nullptr, reserved_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (range != MAP_FAILED) {
      base_ = static_cast<std::byte*>(range);
      break;
    }
  }
  ASSERT(base_ != nullptr);
  taken_ = unit;  // Number 0 means nothing.
}

Arena::~Arena() { munmap(base_, reserved_); }

std::byte* Arena::take(size_t bytes) {
  const std::lock_guard lock(mutex_);
  const size_t start = taken_.load(std::memory_order_relaxed);
  const size_t end = start + round_to(bytes, chunk_bytes);
  const size_t needed = round_to(end + readable_tail, commit_step);
  ASSERT(needed <= reserved_);
  if (needed > committed_) {
    ASSERT(mprotect(base_, needed, PROT_READ | PROT_WRITE) == 0);
    committed_ = needed;
  }
  taken_.store(end, std::memory_order_relaxed);
  return base_ + start;
}

size_t ArenaHeap::round_up(size_t bytes) {
  if (bytes <= small_units * Arena::unit) return round_to(bytes, Arena::unit);
  return std::bit_ceil(bytes);
}

std::byte* ArenaHeap::allocate(size_t bytes) {
  bytes = round_up(bytes);
  in_use_ += bytes;
  if (const size_t units = bytes / Arena::unit; units <= small_units) {
    if (std::byte* piece = free_[units]) {
      std::memcpy(&free_[units], piece, sizeof(std::byte*));
      return piece;
    }
  } else if (const auto found = free_large_.find(bytes);
             found != free_large_.end() && !found->second.empty()) {
    std::byte* piece = found->second.back();
    found->second.pop_back();
    return piece;
  }
  if (static_cast<size_t>(end_ - next_) < bytes) {
    const size_t taken = std::max(bytes, Arena::chunk_bytes);
    next_ = arena_.take(taken);
    end_ = next_ + taken;
  }
  return std::exchange(next_, next_ + bytes);
}

void ArenaHeap::free(std::byte* piece, size_t bytes) {
  bytes = round_up(bytes);
  in_use_ -= bytes;
  if (const size_t units = bytes / Arena::unit; units <= small_units) {
    std::memcpy(piece, &free_[units], sizeof(std::byte*));
    free_[units] = piece;
  } else {
    free_large_[bytes].push_back(piece);
  }
}

}  // namespace alloy
