#include "syntax/tree_memory.h"

#include <bit>
#include <cstdint>
#include <new>
#include <sys/mman.h>

namespace alloy::syntax {
namespace {

constexpr size_t huge_page_bytes = size_t{2} << 20;
// Below, a page more or less is worth more than a fault.
constexpr size_t large_bytes_min = 2 * huge_page_bytes;

class TreeMemory final : public std::pmr::memory_resource {
 private:
  void* do_allocate(size_t bytes, size_t alignment) override {
    const bool is_large = bytes >= large_bytes_min;
    const std::align_val_t align{is_large ? huge_page_bytes : alignment};
    void* memory = ::operator new(bytes, align);
    if (is_large) expect_to_be_written(memory, bytes);
    return memory;
  }
  void do_deallocate(void* memory, size_t bytes, size_t alignment) override {
    ::operator delete(memory,
                      std::align_val_t{bytes >= large_bytes_min ? huge_page_bytes : alignment});
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

}  // namespace

std::pmr::memory_resource& tree_memory() {
  static TreeMemory memory;
  return memory;
}

void expect_to_be_written(void* memory, size_t bytes) {
  if (bytes < large_bytes_min) return;
  const auto start = std::bit_cast<uintptr_t>(memory);
  const uintptr_t aligned = (start + huge_page_bytes - 1) & ~(huge_page_bytes - 1);
  const size_t rest = bytes - (aligned - start);
  // Without huge pages it is as slow as ever, and nothing else is different.
  ::madvise(std::bit_cast<void*>(aligned), rest, MADV_HUGEPAGE);
}

}  // namespace alloy::syntax
