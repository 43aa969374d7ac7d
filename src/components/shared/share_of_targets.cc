#include "components/shared/share_of_targets.h"

namespace alloy {

uint64_t cluster_key(const Target& target) {
  constexpr std::string_view volatile_prefix = "__meta_";
  std::vector<Label> kept;
  for (size_t i = 0; i < target.size(); ++i)
    if (!target[i].name.starts_with(volatile_prefix)) kept.push_back(target[i]);
  return kept.size() == target.size() ? target.hash() : Target::from_sorted(kept).hash();
}

ShareOfTargets share_of_targets(const TargetList& targets, const ClusterView& view) {
  ShareOfTargets share;
  std::unordered_set<uint64_t> seen;
  for (const Target& target : targets) {
    const uint64_t key = cluster_key(target);
    if (!seen.insert(key).second) continue;
    if (view.owns(key))
      share.own.push_back(target);
    else
      share.others.insert(key);
  }
  return share;
}

}  // namespace alloy
