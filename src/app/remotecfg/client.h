// Talks to a server of configurations: unary calls of the Connect protocol over HTTP.
#pragma once

#include <memory>
#include <string>

#include "app/remotecfg/messages.h"
#include "base/metrics.h"
#include "net/http_client.h"

namespace alloy::app::remotecfg {

class Client {
 public:
  // `request_seconds` observes how long fetching a configuration takes.
  Client(std::unique_ptr<net::HttpClient> http, std::string url, Histogram& request_seconds);

  // Errors read like Connect's: "unavailable: dial tcp 127.0.0.1:9: connect: connection refused".
  Task<Result<void>> register_collector(Collector collector, StopToken stop);
  Task<Result<ConfigAnswer>> get_config(Collector collector, ConfigRequest request, StopToken stop);
  Task<Result<void>> unregister_collector(Collector collector, StopToken stop);

 private:
  Task<Result<std::string>> call(std::string procedure, std::string body, Duration timeout,
                                 StopToken stop);

  std::unique_ptr<net::HttpClient> http_;
  std::string url_;
  Histogram& request_seconds_;
};

}  // namespace alloy::app::remotecfg
