// Hands the program's own log to receivers of logs (logging { write_to }).
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/task.h"
#include "signals/logs_receiver.h"

namespace alloy {

class OwnLogs {
 public:
  OwnLogs(std::shared_ptr<LogSink> sink, SeriesStore& store, MetricRegistry& metrics);
  ~OwnLogs();

  // Lines go there from now on; empty: nowhere. From any thread.
  void set_receivers(std::vector<LogsReceiverPointer> receivers);

  // Hands on what is logged, apart from whoever logs, so that a receiver may log as well. Lines
  // wait in memory while receivers refuse them; beyond a limit new ones are dropped and counted.
  Task<> run(StopToken stop);

 private:
  struct Line {
    int64_t timestamp_ns;
    std::string text;
  };
  void add(WallTime time, std::string_view text);
  bool hand_on();

  const std::shared_ptr<LogSink> sink_;
  SeriesStore& store_;
  MetricRegistry& metrics_;
  LogsFanout fanout_;
  Event added_;
  std::deque<Line> waiting_;  // Of run().
  DeliveryPointer delivery_;  // Of the batch that was refused and comes again.
  std::shared_ptr<void> listening_;
  std::mutex mutex_;  // Guards everything below.
  std::vector<Line> lines_;
};

}  // namespace alloy
