// Where StatsD lines come in: datagrams over UDP and a Unix socket, connections over TCP.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/executor.h"
#include "components/prometheus/exporter_statsd/event_queue.h"
#include "components/prometheus/exporter_statsd/line_parser.h"
#include "components/prometheus/exporter_statsd/relay.h"

namespace alloy::prometheus::exporter_statsd {

// What listeners do with what comes.
struct Intake {
  TagStyles styles;
  SelfCounters& counters;
  EventQueue& queue;
  Relay* relay = nullptr;

  // A line without its end.
  void take(std::string_view line, Events& out) const;
  // Lines with ends between them.
  Events take_packet(std::string_view packet) const;
};

class Listener {
 public:
  virtual ~Listener() = default;
  // Until asked to stop. `intake` outlives it.
  virtual Task<> run(StopToken stop) = 0;
};

Result<std::unique_ptr<Listener>> listen_udp(Executor& executor, const std::string& address,
                                             int buffer_bytes, const Intake& intake);
Result<std::unique_ptr<Listener>> listen_tcp(Executor& executor, const std::string& address,
                                             const Intake& intake);
// `mode` as chmod takes it: "755".
Result<std::unique_ptr<Listener>> listen_unixgram(Executor& executor, const std::string& path,
                                                  const std::string& mode, int buffer_bytes,
                                                  const Intake& intake, const Logger& logger);

}  // namespace alloy::prometheus::exporter_statsd
