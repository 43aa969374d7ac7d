#include "components/shared/kubernetes/target_watch.h"

#include <algorithm>

namespace alloy::discovery::kubernetes {

TargetWatch::TargetWatch(Options options)
    : options_(std::move(options)), stores_(options_.role, options_.attachments) {
  const Role& role = options_.role;
  follow(*role.type);
  if (role.needs_pods_and_services) {
    follow(service_type);
    follow(pod_type);
  }
  if (options_.attachments.node && role.type != &node_type && role.type != &service_type &&
      role.type != &ingress_type)
    follow(node_type);
  if (options_.attachments.name_space && role.type != &node_type) follow(namespace_type);
}

void TargetWatch::follow(const ObjectType& type) {
  if (!type.is_namespaced) {
    followed_.push_back({&type, ""});
    return;
  }
  for (const std::string& name : options_.namespaces) followed_.push_back({&type, name});
}

Informer TargetWatch::make_informer(size_t index) {
  const Followed& followed = followed_[index];
  return Informer(
      {.client = options_.client,
       .url = options_.url,
       .type = *followed.type,
       .name_space = followed.name_space,
       .selectors = options_.selectors_of ? options_.selectors_of(*followed.type) : Selectors{},
       .clock = options_.clock,
       .on_changes =
           [this, index](ObjectChanges changes) {
             {
               std::lock_guard lock(mutex_);
               news_.push_back({index, std::move(changes)});
             }
             has_news_.notify();
           },
       .on_failure = [this, type = followed.type](
                         const Error& error) { options_.on_failure(*type, error); }});
}

void TargetWatch::apply(News news) {
  Followed& followed = followed_[news.followed];
  if (news.changes.is_complete) followed.is_known = true;
  const auto counts = stores_.apply(*followed.type, followed.name_space, std::move(news.changes));
  if (options_.on_changes) options_.on_changes(*followed.type, counts);
}

Task<> TargetWatch::run(StopToken stop) {
  std::vector<std::unique_ptr<Informer>> informers;
  TaskGroup tasks(options_.executor);
  for (size_t i = 0; i < followed_.size(); ++i) {
    informers.push_back(std::make_unique<Informer>(make_informer(i)));
    tasks.spawn(informers.back()->run(stop));
  }
  while (co_await has_news_.wait(stop) == Wake::notified) {
    std::vector<News> all;
    {
      std::lock_guard lock(mutex_);
      all.swap(news_);
    }
    for (News& news : all) apply(std::move(news));
    // Before everything is known, targets would lack labels or pods of nodes not yet seen.
    if (!std::ranges::all_of(followed_, &Followed::is_known)) continue;
    options_.on_groups(stores_.make_groups());
  }
  co_await tasks.join();
}

}  // namespace alloy::discovery::kubernetes
