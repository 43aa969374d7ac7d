// Sends a bearer token with each request, and gets a new one before it expires.
#pragma once

#include <memory>

#include "components/shared/cloud_tokens/token_source.h"
#include "components/shared/outgoing/sender.h"

namespace alloy::prometheus::remote_write {

using cloud_tokens::TokenRequest;

class TokenAuthorizer final : public outgoing::RequestPreparation {
 public:
  using MakeRequest = cloud_tokens::TokenSource::MakeRequest;

  TokenAuthorizer(std::shared_ptr<net::HttpClient> client, MakeRequest make_request, Clock& clock)
      : tokens_(std::make_shared<cloud_tokens::TokenSource>(std::move(client),
                                                            std::move(make_request), clock)) {}

  Task<Result<>> prepare(net::Request* request, StopToken stop) override;

 private:
  const std::shared_ptr<cloud_tokens::TokenSource> tokens_;
};

}  // namespace alloy::prometheus::remote_write
