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
// after it, going round from the end to the start. Copies share everything.
class Ring {
 public:
  static constexpr size_t tokens_per_node = 512;

  // The empty ring owns nothing.
  Ring() = default;
  // Names may come in any order, without repetition.
  explicit Ring(std::vector<std::string> names);

  // Sorted.
  const std::vector<std::string>& names() const;
  // The owner's name; null if the ring is empty.
  const std::string* owner(uint64_t key) const;
  // The owners of `count` copies, the first one foremost.
  // Error: not enough nodes: need at least <count>, have <nodes>.
  Result<std::vector<std::string>> owners(uint64_t key, size_t count) const;

 private:
  struct Tokens;

  std::shared_ptr<const Tokens> tokens_;  // Null: the empty ring.
};

// The tokens of a node in the order in which they are generated.
std::vector<uint64_t> tokens_of(std::string_view name);

}  // namespace alloy::cluster
