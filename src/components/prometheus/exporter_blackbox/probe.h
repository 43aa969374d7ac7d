// One run of a prober: what it is to do, and what it finds out.
#pragma once

#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/task.h"
#include "components/prometheus/exporter_blackbox/module.h"
#include "net/http_client.h"
#include "net/tls_state.h"

namespace alloy::prometheus::exporter_blackbox {

// HTTP clients that probes of one module share, for what is dear to set up: authorities, tokens.
// Connections are never shared.
class Clients {
 public:
  explicit Clients(AnyExecutor executor) : executor_(std::move(executor)) {}
  // The same client for the same key; not kept where there are very many.
  Result<std::shared_ptr<net::HttpClient>> get(const std::string& key,
                                               const net::HttpClientOptions& options);

 private:
  const AnyExecutor executor_;
  std::mutex mutex_;  // Guards everything below.
  std::map<std::string, std::shared_ptr<net::HttpClient>> clients_;
};

struct Probe {
  std::string module_name;
  std::shared_ptr<const Module> module;
  std::string target;
  std::string hostname;  // A parameter of the request; empty: none.
  SteadyTime deadline;
  StopToken stop;
  AnyExecutor blocking;
  std::shared_ptr<Clients> clients;
  std::string user_agent;
  Logger logger;

  MetricFamilies metrics;
  std::string log;  // What debug=true shows.

  void say(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});
  void debug(std::string_view m, std::initializer_list<LogField> f = {}) {
    say(LogLevel::debug, m, f);
  }
  void info(std::string_view m, std::initializer_list<LogField> f = {}) {
    say(LogLevel::info, m, f);
  }
  void error(std::string_view m, std::initializer_list<LogField> f = {}) {
    say(LogLevel::error, m, f);
  }

  // Sets a gauge; its help is in the table of all metrics.
  void set(std::string_view name, double value, MetricLabels labels = {});
  // Adds to one that has a phase.
  void add_phase(std::string_view name, std::string_view phase, Duration duration);
  void set_tls(const net::TlsState& tls);

  Duration time_left() const {
    return std::max<Duration>(deadline - real_clock().steady(), Duration(1));
  }
};

// The address to talk to, looked up if need be; tells its metrics and how long that took.
Task<Result<std::string>> choose_address(Probe* probe, AddressChoice choice, std::string host,
                                         Duration* lookup_time);

// Each runs to its end and tells whether it was a success.
Task<bool> probe_http(Probe* probe);
Task<bool> probe_tcp(Probe* probe);
Task<bool> probe_dns(Probe* probe);
Task<bool> probe_icmp(Probe* probe);
Task<bool> probe_grpc(Probe* probe);

// "example.com:80" or "[::1]:80" taken apart; the port is empty where there is none.
struct HostPort {
  std::string host;
  std::string port;
};
Result<HostPort> split_host_port(std::string_view text);

}  // namespace alloy::prometheus::exporter_blackbox
