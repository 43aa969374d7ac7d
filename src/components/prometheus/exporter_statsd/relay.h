// Sends a copy of each line to another StatsD server, several in a datagram.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/log.h"
#include "base/metrics.h"
#include "base/task.h"

namespace alloy::prometheus::exporter_statsd {

class Relay {
 public:
  // Looks the address up. Its counters go to `metrics`.
  static Task<Result<std::unique_ptr<Relay>>> create(std::string address, size_t packet_size_max,
                                                     AnyExecutor blocking, MetricRegistry& metrics,
                                                     Logger logger);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // From any thread; never waits.
  void add(std::string_view line);
  // Sends what waits for more, each second, until asked to stop; then the rest.
  Task<> run(StopToken stop);

 private:
  Relay(std::string address, size_t packet_size_max, MetricRegistry& metrics, Logger logger);
  void send_packet();

  const std::string address_;
  const size_t packet_size_max_;
  const Logger logger_;
  Counter& packets_;
  Counter& long_lines_;
  Counter& lines_;
  Counter& failures_;
  alloy::Event changed_;
  std::mutex mutex_;  // Guards everything below.
  int socket_ = -1;
  std::string packet_;
};

}  // namespace alloy::prometheus::exporter_statsd
