// Asking a Consul agent.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "components/discovery/shared/discovery.h"
#include "components/shared/json.h"
#include "net/http_client.h"

namespace alloy::discovery {

struct ConsulAnswer {
  int status = 0;
  uint64_t index = 0;  // Of what was asked for; the next question may wait for a newer one.
  JsonDocument document;
};

class ConsulClient {
 public:
  // `server` is "host:port", or a URL that overrides the scheme.
  static Result<ConsulClient> create(std::string_view scheme, std::string_view server,
                                     std::string token, net::HttpClientOptions options,
                                     const DiscoveryContext& context);

  // Fails unless the status is 200 (or `expects` says it is fine). The timeout is longer than
  // Consul may let a question wait.
  Task<Result<ConsulAnswer>> ask(std::string path,
                                 std::multimap<std::string, std::string> parameters, StopToken stop,
                                 bool (*expects)(int status) = nullptr) const;

 private:
  ConsulClient(std::string url, std::string token, std::unique_ptr<net::HttpClient> client)
      : url_(std::move(url)), token_(std::move(token)), client_(std::move(client)) {}

  std::string url_;
  std::string token_;
  std::unique_ptr<net::HttpClient> client_;
};

// How long Consul may let a question wait for news, and how long to wait after a failure.
inline constexpr Duration consul_wait = 2min;
inline constexpr Duration consul_retry = 15s;

}  // namespace alloy::discovery
