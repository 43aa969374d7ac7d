// Who depends on whom, as numbers: the order of evaluation, and cycles.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace alloy::runtime {

class Graph {
 public:
  explicit Graph(size_t nodes) : dependencies_(nodes), dependants_(nodes) {}

  // `from` needs `to`. Repeated edges count once.
  void add_edge(uint32_t from, uint32_t to);

  size_t size() const { return dependencies_.size(); }
  std::span<const uint32_t> dependencies(uint32_t node) const { return dependencies_[node]; }
  std::span<const uint32_t> dependants(uint32_t node) const { return dependants_[node]; }

  // Every node after what it depends on, otherwise in the order of the numbers. Only for graphs
  // without cycles.
  std::vector<uint32_t> order() const;
  // The sets of nodes that depend on each other, and the single ones that depend on themselves.
  std::vector<std::vector<uint32_t>> cycles() const;
  // For each node of `order`, how many nodes stand on each other above it: nodes of one height do
  // not depend on each other, and all that depend on a node have a smaller height.
  std::vector<uint32_t> heights(std::span<const uint32_t> order) const;

 private:
  std::vector<std::vector<uint32_t>> dependencies_;
  std::vector<std::vector<uint32_t>> dependants_;
};

}  // namespace alloy::runtime
