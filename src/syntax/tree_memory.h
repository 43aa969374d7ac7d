// Memory for trees of large texts: a tree takes several times the bytes of its text, and most of
// the time to build one would go into the page faults of touching it for the first time.
#pragma once

#include <cstddef>
#include <memory_resource>

namespace alloy::syntax {

// Where the arenas of trees get their chunks from: large ones lie in huge pages.
std::pmr::memory_resource& tree_memory();

// Says that all of the memory is about to be written.
void expect_to_be_written(void* memory, size_t bytes);

}  // namespace alloy::syntax
