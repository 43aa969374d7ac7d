// Shows the entries that a component changes to whoever watches it in the UI.
#pragma once

#include <memory>
#include <string>

#include "component/component.h"
#include "services/live_debugging.h"
#include "signals/log_batch.h"

namespace alloy::loki {

class LiveLogs {
 public:
  // Shows nothing where the program runs without live debugging.
  explicit LiveLogs(const Options& options) {
    if (auto* debugging = options.services.find<LiveDebugging>())
      channel_ = debugging->channel(options.global_id());
  }

  // Free to ask: whether somebody counts, and whether somebody reads.
  bool is_watched() const { return channel_ != nullptr && channel_->is_watched(); }
  bool is_read() const { return is_watched() && channel_->is_read(); }

  // How many entries went on, and what there is to read about them.
  void show(size_t count, std::vector<std::string> records) const {
    channel_->publish(
        {.type = LiveDataType::loki_log, .count = count, .records = std::move(records)});
  }

  // More than a stream passes on between two flushes would be for nothing.
  static constexpr size_t records_max = 1000;

 private:
  std::shared_ptr<LiveDebugging::Channel> channel_;
};

}  // namespace alloy::loki
