// Bearer tokens of clouds: how to ask for one, and one that is kept until shortly before it
// expires.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "net/http_client.h"
#include "net/oauth2.h"

namespace alloy::cloud_tokens {

// How to ask for a token; whoever answers does so like an endpoint of OAuth 2.0.
struct TokenRequest {
  std::string method = "POST";
  std::string url;
  net::Headers headers;
  std::string body;
};

// From any thread.
class TokenSource {
 public:
  // Made anew for each token: the files it comes from change. Reads them at once.
  using MakeRequest = std::function<Result<TokenRequest>(WallTime now)>;

  TokenSource(std::shared_ptr<net::HttpClient> client, MakeRequest make_request, Clock& clock)
      : client_(std::move(client)), make_request_(std::move(make_request)), clock_(clock) {}

  // The one that is kept, or a new one.
  static Task<Result<net::OAuth2Token>> get(std::shared_ptr<TokenSource> self, StopToken stop);

 private:
  Task<Result<net::OAuth2Token>> fetch(StopToken stop);

  const std::shared_ptr<net::HttpClient> client_;
  const MakeRequest make_request_;
  Clock& clock_;
  std::mutex mutex_;  // Guards everything below.
  net::OAuth2Token token_;
};

// The value of a variable of the environment; empty if it is not set.
std::string environment(const char* name);

}  // namespace alloy::cloud_tokens
