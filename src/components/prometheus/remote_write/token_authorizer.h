// Sends a bearer token with each request, and gets a new one before it expires.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "components/shared/outgoing/sender.h"
#include "net/oauth2.h"

namespace alloy::prometheus::remote_write {

// How to ask for a token; whoever answers does so like an endpoint of OAuth 2.0.
struct TokenRequest {
  std::string method = "POST";
  std::string url;
  net::Headers headers;
  std::string body;
};

class TokenAuthorizer final : public outgoing::RequestPreparation {
 public:
  // Made anew for each token: the files it comes from change.
  using MakeRequest = std::function<Result<TokenRequest>(WallTime now)>;

  TokenAuthorizer(std::shared_ptr<net::HttpClient> client, MakeRequest make_request, Clock& clock)
      : client_(std::move(client)), make_request_(std::move(make_request)), clock_(clock) {}

  Task<Result<>> prepare(net::Request* request, StopToken stop) override;

 private:
  Task<Result<net::OAuth2Token>> fetch(StopToken stop);

  const std::shared_ptr<net::HttpClient> client_;
  const MakeRequest make_request_;
  Clock& clock_;
  std::mutex mutex_;  // Guards everything below.
  net::OAuth2Token token_;
};

}  // namespace alloy::prometheus::remote_write
