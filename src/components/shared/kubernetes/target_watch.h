// Follows the objects that one role makes targets of, in some namespaces, with the other objects
// that these targets' labels are from.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "components/shared/kubernetes/informer.h"
#include "components/shared/kubernetes/object_stores.h"

namespace alloy::discovery::kubernetes {

class TargetWatch {
 public:
  struct Options {
    AnyExecutor executor;
    net::HttpClient& client;
    std::string url;  // Of the API server.
    const Role& role;
    std::vector<std::string> namespaces;  // "": all.
    Attachments attachments;
    std::function<Selectors(const ObjectType&)> selectors_of;  // Null: none.
    Clock& clock;
    // Called by run(): groups that have changed, what happened to objects, and that everything was
    // listed.
    std::function<void(std::vector<TargetGroup>)> on_groups;
    std::function<void(const ObjectType&, const ChangeCounts&)> on_changes;
    // From any thread.
    std::function<void(const ObjectType&, const Error&)> on_failure;
  };
  explicit TargetWatch(Options options);

  // Until asked to stop. On a strand.
  Task<> run(StopToken stop);

 private:
  // One that is followed, in one namespace.
  struct Followed {
    const ObjectType* type;
    std::string name_space;
    bool is_known = false;  // Whether it has been listed.
  };
  struct News {
    size_t followed;
    ObjectChanges changes;
  };

  void follow(const ObjectType& type);
  Informer make_informer(size_t index);
  void apply(News news);

  Options options_;
  ObjectStores stores_;
  std::vector<Followed> followed_;

  std::mutex mutex_;  // Guards the next one.
  std::vector<News> news_;
  Event has_news_;
};

}  // namespace alloy::discovery::kubernetes
