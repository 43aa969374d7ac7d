#include "components/prometheus/remote_write/token_authorizer.h"

namespace alloy::prometheus::remote_write {

Task<Result<>> TokenAuthorizer::prepare(net::Request* request, StopToken stop) {
  CO_TRY(net::OAuth2Token token, co_await cloud_tokens::TokenSource::get(tokens_, std::move(stop)));
  request->headers.set("Authorization", std::move(token.authorization));
  co_return Result<>();
}

}  // namespace alloy::prometheus::remote_write
