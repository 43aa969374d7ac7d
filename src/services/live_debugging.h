// Looking at data while it flows: components publish what passes through them, as long as somebody
// watches. Find it with options().services.find<LiveDebugging>() and keep the channel:
//
//   if (channel_ && channel_->is_watched()) {
//     LiveData data{.type = LiveDataType::loki_log, .count = lines.size()};
//     if (channel_->is_read()) data.records = ...;
//     channel_->publish(data);
//   }
//
// A watcher that is slow or goes away never holds up a component: its callback only queues.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace alloy {

enum class LiveDataType : unsigned char {
  target,
  prometheus_metric,
  loki_log,
  otel_metric,
  otel_log,
  otel_trace,
};
// As the API spells it.
std::string_view name_of(LiveDataType type);

struct LiveData {
  LiveDataType type = LiveDataType::target;
  uint64_t count = 0;                     // How many items passed.
  std::vector<std::string> targets = {};  // Local ids of where they went, if known.
  std::vector<std::string> records = {};  // What they were; only if somebody reads it.
};

// What somebody who watches wants to know.
enum class LiveInterest : unsigned char { counts, records };

class LiveDebugging {
 public:
  // Must be quick and never call back into the channel.
  using Callback = std::function<void(const LiveData&)>;

  // What one component publishes to.
  class Channel {
   public:
    // Free to ask: whether somebody counts or reads, and whether somebody reads.
    bool is_watched() const { return watchers_.load(std::memory_order_relaxed) > 0; }
    bool is_read() const { return readers_.load(std::memory_order_relaxed) > 0; }
    void publish(const LiveData& data);

   private:
    friend class LiveDebugging;
    std::atomic<int> watchers_ = 0;
    std::atomic<int> readers_ = 0;
    std::mutex mutex_;  // Guards everything below.
    std::map<uint64_t, Callback> callbacks_;
    uint64_t next_ = 0;
  };

  // The channel of the component with this global id.
  std::shared_ptr<Channel> channel(std::string_view global_id);
  // Calls back for whatever the component publishes, until what is returned is destroyed.
  [[nodiscard]] std::shared_ptr<void> watch(std::string_view global_id, LiveInterest interest,
                                            Callback callback);

  // Whether records may be read; counting is always possible.
  void set_enabled(bool enabled) { is_enabled_ = enabled; }
  bool is_enabled() const { return is_enabled_; }

 private:
  std::atomic<bool> is_enabled_ = false;
  std::mutex mutex_;  // Guards everything below.
  std::map<std::string, std::weak_ptr<Channel>, std::less<>> channels_;
};

}  // namespace alloy
