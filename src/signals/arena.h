// Memory for millions of small immutable things that are named by 32-bit numbers instead of
// pointers. One reserved range of addresses; a number is an offset into it, so that looking a thing
// up is one addition.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <vector>

namespace alloy {

// Hands out chunks of the range; ArenaHeap cuts them up. Pages cost memory only once touched.
class Arena {
 public:
  static constexpr size_t unit = 8;  // Bytes for each step of the numbers.
  static constexpr size_t chunk_bytes = 1 << 16;

  Arena();
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  std::byte* at(uint32_t number) const { return base_ + size_t{number} * unit; }
  uint32_t number_of(const void* place) const {
    return static_cast<uint32_t>((static_cast<const std::byte*>(place) - base_) / unit);
  }
  // A range of at least `bytes`, rounded up to whole chunks. Readable past its end for 64 bytes.
  std::byte* take(size_t bytes);
  // How much has been taken.
  size_t bytes() const { return taken_.load(std::memory_order_relaxed); }

 private:
  std::byte* base_ = nullptr;
  size_t reserved_ = 0;
  std::atomic<size_t> taken_ = 0;
  std::mutex mutex_;  // Guards everything below, and taking.
  size_t committed_ = 0;
};

// Allocation out of an arena for one owner (not thread-safe): freed pieces are reused for the same
// size.
class ArenaHeap {
 public:
  explicit ArenaHeap(Arena& arena) : arena_(arena) {}

  std::byte* allocate(size_t bytes);
  void free(std::byte* piece, size_t bytes);
  size_t bytes_in_use() const { return in_use_; }

 private:
  static constexpr size_t small_units = 64;
  static size_t round_up(size_t bytes);

  Arena& arena_;
  std::byte* next_ = nullptr;
  std::byte* end_ = nullptr;
  std::byte* free_[small_units + 1] = {};                 // Linked through the pieces, by units.
  std::map<size_t, std::vector<std::byte*>> free_large_;  // By bytes.
  size_t in_use_ = 0;
};

}  // namespace alloy
