// Which of a component's targets are this node's, when the nodes of a cluster share them.
#pragma once

#include <cstdint>
#include <unordered_set>
#include <vector>

#include "services/cluster.h"
#include "signals/targets.h"

namespace alloy {

// What every node names a target by: the hash of its labels without those whose names start with
// "__meta_", which differ from node to node and from one discovery to the next.
uint64_t cluster_key(const Target& target);

struct ShareOfTargets {
  std::vector<Target> own;              // In the given order; of targets with one key the first.
  std::vector<ClusterTerm> terms;       // Of each of them, if asked for.
  std::unordered_set<uint64_t> others;  // The keys of those that other nodes own (or nobody yet).
};

// Those that are this node's now: for components that read or watch something all the time.
ShareOfTargets share_of_targets(const TargetList& targets, const ClusterView& view);
// Those that are this node's now or soon, with their terms: for work at intervals, which can then
// change hands exactly. Whoever keeps to the terms leaves no gap and does nothing twice.
ShareOfTargets share_of_targets_with_terms(const TargetList& targets, const ClusterView& view);

}  // namespace alloy
