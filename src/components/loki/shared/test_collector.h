// For tests of sources: keeps the entries that it gets as text.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "signals/logs_receiver.h"

namespace alloy::loki {

class TestCollector final : public LogsReceiver {
 public:
  explicit TestCollector(const SeriesStore& store) : store_(store) {}

  Result<void> receive(const LogBatch& batch) override {
    const std::lock_guard lock(mutex_);
    if (refusals_left_ > 0) {
      --refusals_left_;
      return fail("full", ErrorKind::full);
    }
    for (const LogEntry& entry : batch.entries)
      lines_.push_back(fmt::format("{} {}", store_.describe(*entry.labels), entry.line));
    return {};
  }

  // "{job="x"} text", in the order of arrival.
  std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  // Refuses so many batches from now on.
  void refuse(int times) {
    const std::lock_guard lock(mutex_);
    refusals_left_ = times;
  }

 private:
  const SeriesStore& store_;
  mutable std::mutex mutex_;  // Guards everything below.
  std::vector<std::string> lines_;
  int refusals_left_ = 0;
};

}  // namespace alloy::loki
