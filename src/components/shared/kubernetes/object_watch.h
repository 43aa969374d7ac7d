// The objects of some kinds as they are in the cluster, for components that look at several kinds
// together.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/log.h"
#include "components/shared/kubernetes/api_client.h"
#include "components/shared/kubernetes/informer.h"

namespace alloy::kubernetes {

// By "namespace/name".
using ObjectTable = std::map<std::string, ClusterObjectPointer, std::less<>>;

class ObjectWatch {
 public:
  // Objects of one kind, in one namespace or (empty) all.
  struct Wanted {
    const ObjectType* type;
    std::string name_space;
    Selectors selectors;
    // Objects that don't fit are left out, also where the server was not asked; null: all are kept.
    std::function<bool(const ClusterObject&)> filter = nullptr;
  };

  ObjectWatch(std::shared_ptr<ApiClient> client, std::vector<Wanted> wanted, Clock& clock,
              Logger logger);

  // Follows the cluster until asked to stop. On a strand; everything below on the same.
  Task<> run(StopToken stop);

  // Waits for news and takes them in; false when asked to stop.
  Task<bool> next(StopToken stop, Duration timeout = Duration::max());
  // Whether everything has been listed once. What is known before is only a part.
  bool is_complete() const;
  // The kinds that have not been listed yet, and why ("pods: forbidden"). For errors.
  std::string missing() const;

  const ObjectTable& objects(const ObjectType& type) const;
  template <class T>
  const T* find(const ObjectType& type, std::string_view key) const {
    const ObjectTable& table = objects(type);
    const auto found = table.find(key);
    return found == table.end() ? nullptr : static_cast<const T*>(found->second.get());
  }
  // The last failure of any kind since the last time; empty: none.
  std::string take_failure();

 private:
  struct Followed {
    Wanted wanted;
    bool is_listed = false;
    std::string failure;  // Guarded by mutex_.
  };

  Informer make_informer(size_t index);
  void apply(Followed& followed, ObjectChanges changes);

  const std::shared_ptr<ApiClient> client_;
  Clock& clock_;
  const Logger logger_;
  std::vector<Followed> followed_;
  std::map<const ObjectType*, ObjectTable> tables_;

  mutable std::mutex mutex_;  // Guards the next two.
  std::vector<std::pair<size_t, ObjectChanges>> news_;
  std::string failure_;
  Event has_news_;
};

}  // namespace alloy::kubernetes
