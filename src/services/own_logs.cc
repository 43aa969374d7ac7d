#include "services/own_logs.h"

#include <algorithm>

namespace alloy {
namespace {

constexpr size_t lines_max = 4096;
constexpr Duration retry_pause = 1s;

}  // namespace

OwnLogs::OwnLogs(std::shared_ptr<LogSink> sink, SeriesStore& store, MetricRegistry& metrics)
    : sink_(std::move(sink)), store_(store), metrics_(metrics) {}

OwnLogs::~OwnLogs() = default;

void OwnLogs::set_receivers(std::vector<LogsReceiverPointer> receivers) {
  std::erase(receivers, nullptr);
  const bool wants_lines = !receivers.empty();
  fanout_.set_receivers(std::move(receivers));
  if (!wants_lines) {
    listening_.reset();
  } else if (!listening_) {
    listening_ = sink_->add_listener(
        [this](LogLevel, WallTime time, std::string_view line) { add(time, line); });
  }
}

// Called under the sink's lock: only queues.
void OwnLogs::add(WallTime time, std::string_view text) {
  {
    const std::lock_guard lock(mutex_);
    if (lines_.size() >= lines_max) {
      metrics_
          .counter("alloy_logging_write_to_dropped_lines_total",
                   "Lines of the program's log that receivers did not take in time.")
          .add();
      return;
    }
    lines_.push_back({time.time_since_epoch().count(), std::string(text)});
  }
  added_.notify();
}

// False: not everything was taken.
bool OwnLogs::hand_on() {
  if (waiting_.empty()) {
    const std::lock_guard lock(mutex_);
    std::ranges::move(lines_, std::back_inserter(waiting_));
    lines_.clear();
  }
  if (waiting_.empty()) return true;
  const Label label{"component", "alloy"};
  const SeriesRef labels = store_.intern(std::span(&label, 1));
  std::vector<LogEntry> entries;
  for (const Line& line : waiting_)
    entries.push_back(
        {.labels = labels.get(), .timestamp_ns = line.timestamp_ns, .line = line.text});
  if (!delivery_) delivery_ = Delivery::create({});
  if (!fanout_.receive({.entries = entries, .delivery = delivery_})) return false;
  delivery_.reset();
  waiting_.clear();
  return true;
}

Task<> OwnLogs::run(StopToken stop) {
  while (!stop.stop_requested()) {
    if (hand_on()) {
      co_await added_.wait(stop);
    } else {
      co_await sleep_for(retry_pause, stop);
    }
  }
  (void)hand_on();
}

}  // namespace alloy
