// Memory for what lives only as long as one batch is worked on: handed out by moving a pointer,
// given back all at once. Once warm it allocates nothing.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace alloy {

class Scratch {
 public:
  explicit Scratch(size_t block_bytes = size_t{64} << 10) : block_min_(block_bytes) {}
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  // Everything handed out so far becomes invalid. Unusually much memory goes back to the system.
  void reset() {
    if (blocks_.size() > 1) {
      size_t total = 0;
      for (const Block& block : blocks_) total += block.size;
      blocks_.clear();
      next_ = end_ = nullptr;
      if (total <= kept_max) add_block(total);
    } else if (!blocks_.empty()) {
      next_ = blocks_.front().bytes.get();
    }
  }

  std::byte* allocate(size_t bytes, size_t alignment = alignof(std::max_align_t)) {
    auto place = (reinterpret_cast<uintptr_t>(next_) + alignment - 1) & ~(alignment - 1);
    if (next_ == nullptr || place + bytes > reinterpret_cast<uintptr_t>(end_)) {
      add_block(std::max(bytes + alignment, block_min_));
      place = (reinterpret_cast<uintptr_t>(next_) + alignment - 1) & ~(alignment - 1);
    }
    next_ = reinterpret_cast<std::byte*>(place + bytes);
    return reinterpret_cast<std::byte*>(place);
  }

  char* allocate_text(size_t size) { return reinterpret_cast<char*>(allocate(size, 1)); }

  std::string_view keep(std::string_view text) {
    if (text.empty()) return {"", 0};
    char* copy = allocate_text(text.size());
    std::memcpy(copy, text.data(), text.size());
    return {copy, text.size()};
  }

  // A copy of the elements, which nobody destroys.
  template <class T>
  std::span<T> keep(std::span<const T> elements) {
    static_assert(std::is_trivially_destructible_v<T> && std::is_trivially_copyable_v<T>);
    if (elements.empty()) return {};
    T* copy = reinterpret_cast<T*>(allocate(elements.size_bytes(), alignof(T)));
    std::memcpy(static_cast<void*>(copy), elements.data(), elements.size_bytes());
    return {copy, elements.size()};
  }

  template <class T>
  T* make(T value) {
    static_assert(std::is_trivially_destructible_v<T>);
    return new (allocate(sizeof(T), alignof(T))) T(value);
  }

 private:
  static constexpr size_t kept_max = size_t{8} << 20;

  struct Block {
    std::unique_ptr<std::byte[]> bytes;
    size_t size = 0;
  };

  void add_block(size_t size) {
    blocks_.push_back({std::unique_ptr<std::byte[]>(new std::byte[size]), size});
    next_ = blocks_.back().bytes.get();
    end_ = next_ + size;
  }

  size_t block_min_;
  std::vector<Block> blocks_;
  std::byte* next_ = nullptr;
  std::byte* end_ = nullptr;
};

}  // namespace alloy
