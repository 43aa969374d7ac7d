#include "services/live_debugging.h"

#include <bit>

namespace alloy {

std::string_view name_of(LiveDataType type) {
  switch (type) {
    case LiveDataType::target:
      return "target";
    case LiveDataType::prometheus_metric:
      return "prometheus_metric";
    case LiveDataType::loki_log:
      return "loki_log";
    case LiveDataType::otel_metric:
      return "otel_metric";
    case LiveDataType::otel_log:
      return "otel_log";
    case LiveDataType::otel_trace:
      return "otel_trace";
  }
  return "";
}

void LiveDebugging::Channel::publish(const LiveData& data) {
  std::lock_guard lock(mutex_);
  for (const auto& [key, callback] : callbacks_) callback(data);
}

std::shared_ptr<LiveDebugging::Channel> LiveDebugging::channel(std::string_view global_id) {
  std::lock_guard lock(mutex_);
  auto at = channels_.find(global_id);
  if (at != channels_.end())
    if (auto existing = at->second.lock()) return existing;
  // Now and then, so that thousands of components do not each look at all the others.
  if (std::has_single_bit(channels_.size()))
    std::erase_if(channels_, [](const auto& entry) { return entry.second.expired(); });
  auto created = std::make_shared<Channel>();
  channels_[std::string(global_id)] = created;
  return created;
}

std::shared_ptr<void> LiveDebugging::watch(std::string_view global_id, LiveInterest interest,
                                           Callback callback) {
  auto watched = channel(global_id);
  const int reads = interest == LiveInterest::records ? 1 : 0;
  std::lock_guard lock(watched->mutex_);
  const uint64_t key = watched->next_++;
  watched->callbacks_.emplace(key, std::move(callback));
  ++watched->watchers_;
  watched->readers_ += reads;
  Channel* const raw = watched.get();
  return std::shared_ptr<void>(raw, [watched, key, reads](void*) {
    std::lock_guard end(watched->mutex_);
    watched->callbacks_.erase(key);
    --watched->watchers_;
    watched->readers_ -= reads;
  });
}

}  // namespace alloy
