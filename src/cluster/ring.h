// Who owns what: consistent hashing as every node of a cluster computes it from the names alone.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace alloy::cluster {

// XXH64 with seed 0: how the protocol hashes names and keys.
uint64_t string_key(std::string_view text);

// An immutable ring of the nodes' tokens. A key belongs to the node with the first token at or
// after it, going round from the end to the start.
class Ring {
 public:
  static constexpr size_t tokens_per_node = 512;

  // The empty ring owns nothing.
  Ring() = default;
  // Names may come in any order, without repetition.
  explicit Ring(std::vector<std::string> names);

  // Sorted.
  const std::vector<std::string>& names() const { return names_; }
  // The owner's name; null if the ring is empty.
  const std::string* owner(uint64_t key) const;
  // The owners of `count` copies, the first one foremost.
  // Error: not enough nodes: need at least <count>, have <nodes>.
  Result<std::vector<std::string>> owners(uint64_t key, size_t count) const;

 private:
  size_t find(uint64_t key) const;

  std::vector<std::string> names_;
  std::vector<uint64_t> tokens_;   // Sorted.
  std::vector<uint32_t> holders_;  // Index into names_, for each token.
  // Where the tokens with the same upper bits begin: tokens are spread evenly, so that the search
  // ends after a step or two.
  std::vector<uint32_t> buckets_;
  unsigned bucket_shift_ = 0;
};

// The tokens of a node in the order in which they are generated.
std::vector<uint64_t> tokens_of(std::string_view name);

}  // namespace alloy::cluster
