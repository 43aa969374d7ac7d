// Which of a component's targets are this node's, when the nodes of a cluster share them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "services/cluster.h"
#include "signals/targets.h"

namespace alloy {

// What every node names a target by: the hash of its labels without those whose names start with
// "__meta_", which differ from node to node and from one discovery to the next.
uint64_t cluster_key(const Target& target);

// A set of keys, which are hashes already: a table of them and nothing else.
class KeySet {
 public:
  // Room for so many without growing.
  void reserve(size_t count);
  // False: it was there.
  bool insert(uint64_t key);
  bool contains(uint64_t key) const;
  size_t size() const { return size_ + has_zero_; }

 private:
  size_t find(uint64_t key) const;

  std::vector<uint64_t> slots_;  // A power of two of them; zero: free.
  size_t size_ = 0;
  bool has_zero_ = false;
};

struct ShareOfTargets {
  std::vector<uint32_t> own;       // Where in the list; of targets with one key the first.
  std::vector<ClusterTerm> terms;  // Of each of them, if asked for.
  KeySet others;                   // The keys of those that other nodes own (or nobody yet).
};

// Those that are this node's now: for components that read or watch something all the time.
ShareOfTargets share_of_targets(const TargetList& targets, const ClusterView& view);
// Those that are this node's now or soon, with their terms: for work at intervals, which can then
// change hands exactly. Whoever keeps to the terms leaves no gap and does nothing twice.
ShareOfTargets share_of_targets_with_terms(const TargetList& targets, const ClusterView& view);
// The targets at these places of the list.
TargetList targets_at(const TargetList& targets, std::span<const uint32_t> places);

}  // namespace alloy
