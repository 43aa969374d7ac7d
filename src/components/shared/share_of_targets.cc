#include "components/shared/share_of_targets.h"

namespace alloy {

uint64_t cluster_key(const Target& target) {
  constexpr std::string_view volatile_prefix = "__meta_";
  std::vector<Label> kept;
  for (size_t i = 0; i < target.size(); ++i)
    if (!target[i].name.starts_with(volatile_prefix)) kept.push_back(target[i]);
  return kept.size() == target.size() ? target.hash() : Target::from_sorted(kept).hash();
}

namespace {

// `take` says whether a key is ours, and may note more about it.
template <class Take>
void divide(const TargetList& targets, ShareOfTargets& share, Take take) {
  std::unordered_set<uint64_t> seen;
  for (const Target& target : targets) {
    const uint64_t key = cluster_key(target);
    if (!seen.insert(key).second) continue;
    if (take(key))
      share.own.push_back(target);
    else
      share.others.insert(key);
  }
}

}  // namespace

ShareOfTargets share_of_targets(const TargetList& targets, const ClusterView& view) {
  ShareOfTargets share;
  divide(targets, share, [&](uint64_t key) { return view.owns(key); });
  return share;
}

ShareOfTargets share_of_targets_with_terms(const TargetList& targets, const ClusterView& view) {
  ShareOfTargets share;
  divide(targets, share, [&](uint64_t key) {
    const auto term = view.term(key);
    if (term) share.terms.push_back(*term);
    return term.has_value();
  });
  return share;
}

}  // namespace alloy
