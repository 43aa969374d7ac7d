// What is known of a cluster's objects, which of them became which targets, and which targets a
// change of an object makes out of date.
#pragma once

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "components/shared/kubernetes/informer.h"
#include "components/shared/kubernetes/roles.h"

namespace alloy::discovery::kubernetes {

// How many objects came, changed and went.
struct ChangeCounts {
  size_t added = 0;
  size_t updated = 0;
  size_t deleted = 0;
};

class ObjectStores {
 public:
  ObjectStores(const Role& role, Attachments attachments)
      : role_(role), attachments_(attachments) {}

  // Takes news about objects of a type; a complete list is about one namespace, or all ("").
  ChangeCounts apply(const ObjectType& type, const std::string& name_space, ObjectChanges changes);
  // The groups of targets that are out of date, made anew; those of objects that are gone are
  // empty.
  std::vector<TargetGroup> make_groups();

 private:
  using Store = std::unordered_map<std::string, ClusterObjectPointer>;

  void mark(const ObjectType& type, const std::string& key);
  TargetGroup make_group(const std::string& key);
  void remember(const std::string& key, std::set<std::string> asked);

  const Role& role_;
  Attachments attachments_;
  std::map<const ObjectType*, Store> stores_;
  std::set<std::string> outdated_;  // Keys of objects of the role's type.
  // What each object's targets were made from, and the other way round.
  std::unordered_map<std::string, std::set<std::string>> asked_;
  std::unordered_map<std::string, std::set<std::string>> askers_;
};

}  // namespace alloy::discovery::kubernetes
