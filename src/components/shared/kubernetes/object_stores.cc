// Objects, and the targets that follow from them.
#include "components/shared/kubernetes/object_stores.h"

#include <unordered_set>

namespace alloy::discovery::kubernetes {

ChangeCounts ObjectStores::apply(const ObjectType& type, const std::string& name_space,
                                 ObjectChanges changes) {
  Store& store = stores_[&type];
  ChangeCounts counts;
  if (changes.is_complete) {
    std::unordered_set<std::string_view> present;
    for (const ObjectChange& change : changes.changes) present.insert(change.key);
    std::erase_if(store, [&](const auto& entry) {
      const auto& [key, object] = entry;
      if (!name_space.empty() && object->meta.name_space != name_space) return false;
      if (present.contains(key)) return false;
      ++counts.deleted;
      mark(type, key);
      return true;
    });
  }
  for (ObjectChange& change : changes.changes) {
    const auto known = store.find(change.key);
    if (change.object == nullptr) {
      if (known == store.end()) continue;
      ++counts.deleted;
      store.erase(known);
    } else if (known == store.end()) {
      ++counts.added;
      store.emplace(change.key, std::move(change.object));
    } else {
      const bool is_same = type.equal(*known->second, *change.object);
      counts.updated += changes.is_complete && is_same ? 0 : 1;
      // Heartbeats and the like change nothing that targets show.
      if (is_same) continue;
      known->second = std::move(change.object);
    }
    mark(type, change.key);
  }
  return counts;
}

void ObjectStores::mark(const ObjectType& type, const std::string& key) {
  if (&type == role_.type) outdated_.insert(key);
  const auto found = askers_.find(Lookup::name_of(type, key));
  if (found != askers_.end()) outdated_.insert(found->second.begin(), found->second.end());
}

std::vector<TargetGroup> ObjectStores::make_groups() {
  std::vector<TargetGroup> groups;
  groups.reserve(outdated_.size());
  for (const std::string& key : std::exchange(outdated_, {})) groups.push_back(make_group(key));
  return groups;
}

TargetGroup ObjectStores::make_group(const std::string& key) {
  TargetGroup group{.source = std::string(role_.source_prefix) + key, .targets = {}};
  const Store& objects = stores_[role_.type];
  const auto found = objects.find(key);
  if (found == objects.end()) {
    remember(key, {});
    return group;
  }
  Lookup lookup([this](const ObjectType& type, const std::string& other) -> const ClusterObject* {
    const Store& store = stores_[&type];
    const auto object = store.find(other);
    return object == store.end() ? nullptr : object->second.get();
  });
  group.targets = role_.make_targets(*found->second, lookup, attachments_);
  remember(key, lookup.asked());
  return group;
}

void ObjectStores::remember(const std::string& key, std::set<std::string> asked) {
  const auto found = asked_.find(key);
  if (found != asked_.end()) {
    for (const std::string& name : found->second) {
      if (asked.contains(name)) continue;
      const auto askers = askers_.find(name);
      askers->second.erase(key);
      if (askers->second.empty()) askers_.erase(askers);
    }
  }
  for (const std::string& name : asked) askers_[name].insert(key);
  if (asked.empty()) {
    asked_.erase(key);
  } else {
    asked_[key] = std::move(asked);
  }
}

}  // namespace alloy::discovery::kubernetes
