#include "components/shared/share_of_targets.h"

#include <bit>
#include <utility>

namespace alloy {

namespace {

constexpr std::string_view volatile_prefix = "__meta_";
constexpr size_t slots_min = 16;

}  // namespace

uint64_t cluster_key(const Target& target) {
  size_t first = 0;
  while (first < target.size() && !target[first].name.starts_with(volatile_prefix)) ++first;
  if (first == target.size()) return target.hash();
  std::vector<Label> kept;
  for (size_t i = 0; i < target.size(); ++i)
    if (!target[i].name.starts_with(volatile_prefix)) kept.push_back(target[i]);
  return Target::from_sorted(kept).hash();
}

// The slot of a key, or the free one where it would go.
size_t KeySet::find(uint64_t key) const {
  size_t at = key & (slots_.size() - 1);
  while (slots_[at] != 0 && slots_[at] != key) at = (at + 1) & (slots_.size() - 1);
  return at;
}

void KeySet::reserve(size_t count) {
  if (2 * count <= slots_.size()) return;
  const auto before = std::exchange(slots_, {});
  slots_.resize(std::bit_ceil(std::max(2 * count, slots_min)));
  for (const uint64_t key : before)
    if (key != 0) slots_[find(key)] = key;
}

bool KeySet::insert(uint64_t key) {
  if (key == 0) return !std::exchange(has_zero_, true);
  reserve(size_ + 1);
  uint64_t& slot = slots_[find(key)];
  if (slot == key) return false;
  slot = key;
  ++size_;
  return true;
}

bool KeySet::contains(uint64_t key) const {
  if (key == 0) return has_zero_;
  return !slots_.empty() && slots_[find(key)] == key;
}

namespace {

// `take` says whether a key is ours, and may note more about it.
template <class Take>
void divide(const TargetList& targets, ShareOfTargets& share, Take take) {
  KeySet seen;
  seen.reserve(targets.size());
  share.others.reserve(targets.size());
  for (size_t i = 0; i < targets.size(); ++i) {
    const uint64_t key = cluster_key(targets[i]);
    if (!seen.insert(key)) continue;
    if (take(key))
      share.own.push_back(static_cast<uint32_t>(i));
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

TargetList targets_at(const TargetList& targets, std::span<const uint32_t> places) {
  std::vector<Target> selected;
  selected.reserve(places.size());
  for (const uint32_t place : places) selected.push_back(targets[place]);
  return TargetList(std::move(selected));
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
