#include "components/shared/kubernetes/object_watch.h"

#include <algorithm>
#include <unordered_set>

namespace alloy::kubernetes {

ObjectWatch::ObjectWatch(std::shared_ptr<ApiClient> client, std::vector<Wanted> wanted,
                         Clock& clock, Logger logger)
    : client_(std::move(client)), clock_(clock), logger_(std::move(logger)) {
  for (Wanted& one : wanted) {
    tables_[one.type];
    followed_.push_back({std::move(one), false, {}});
  }
}

Informer ObjectWatch::make_informer(size_t index) {
  const Wanted& wanted = followed_[index].wanted;
  return Informer({.client = client_->http(),
                   .url = client_->url(),
                   .type = *wanted.type,
                   .name_space = wanted.name_space,
                   .selectors = wanted.selectors,
                   .clock = clock_,
                   .on_changes =
                       [this, index](ObjectChanges changes) {
                         const std::lock_guard lock(mutex_);
                         news_.emplace_back(index, std::move(changes));
                         has_news_.notify();
                       },
                   .on_failure =
                       [this, index](const Error& error) {
                         Followed& followed = followed_[index];
                         logger_.warn("failed to list or watch objects",
                                      {{"resource", followed.wanted.type->plural}, {"err", error}});
                         const std::lock_guard lock(mutex_);
                         followed.failure = error.message();
                         failure_ = error.message();
                         has_news_.notify();
                       }});
}

Task<> ObjectWatch::run(StopToken stop) {
  std::vector<std::unique_ptr<Informer>> informers;
  TaskGroup tasks(co_await boost::asio::this_coro::executor);
  for (size_t i = 0; i < followed_.size(); ++i) {
    informers.push_back(std::make_unique<Informer>(make_informer(i)));
    tasks.spawn(informers.back()->run(stop));
  }
  co_await tasks.join();
}

Task<bool> ObjectWatch::next(StopToken stop, Duration timeout) {
  if (co_await has_news_.wait(std::move(stop), timeout) == Wake::stopped) co_return false;
  std::vector<std::pair<size_t, ObjectChanges>> news;
  {
    const std::lock_guard lock(mutex_);
    news.swap(news_);
  }
  for (auto& [index, changes] : news) apply(followed_[index], std::move(changes));
  co_return true;
}

void ObjectWatch::apply(Followed& followed, ObjectChanges changes) {
  const Wanted& wanted = followed.wanted;
  ObjectTable& table = tables_[wanted.type];
  if (changes.is_complete) {
    followed.is_listed = true;
    std::unordered_set<std::string_view> present;
    for (const ObjectChange& change : changes.changes) present.insert(change.key);
    std::erase_if(table, [&](const auto& entry) {
      const bool is_elsewhere =
          !wanted.name_space.empty() && entry.second->meta.name_space != wanted.name_space;
      return !is_elsewhere && !present.contains(entry.first);
    });
  }
  for (ObjectChange& change : changes.changes) {
    if (change.object == nullptr || (wanted.filter && !wanted.filter(*change.object))) {
      table.erase(change.key);
    } else {
      table[change.key] = std::move(change.object);
    }
  }
}

bool ObjectWatch::is_complete() const {
  return std::ranges::all_of(followed_, &Followed::is_listed);
}

std::string ObjectWatch::missing() const {
  std::string missing;
  const std::lock_guard lock(mutex_);
  for (const Followed& followed : followed_) {
    if (followed.is_listed) continue;
    if (!missing.empty()) missing += ", ";
    missing += followed.wanted.type->plural;
    if (!followed.failure.empty()) missing += ": " + followed.failure;
  }
  return missing;
}

const ObjectTable& ObjectWatch::objects(const ObjectType& type) const { return tables_.at(&type); }

std::string ObjectWatch::take_failure() {
  const std::lock_guard lock(mutex_);
  return std::exchange(failure_, {});
}

}  // namespace alloy::kubernetes
