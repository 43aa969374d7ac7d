#include "components/prometheus/remote_write/token_authorizer.h"

namespace alloy::prometheus::remote_write {

namespace {

// A token is not used any more when it has less time left than this.
constexpr Duration renewal_margin = 30s;
constexpr Duration token_timeout = 30s;
constexpr size_t answer_bytes_max = 1 << 20;

}  // namespace

Task<Result<>> TokenAuthorizer::prepare(net::Request* request, StopToken stop) {
  std::string authorization;
  {
    const std::lock_guard lock(mutex_);
    const bool is_fresh =
        token_.expires == SteadyTime::max() || clock_.steady() + renewal_margin < token_.expires;
    if (is_fresh) authorization = token_.authorization;
  }
  if (authorization.empty()) {
    // Two at once may both get one: no harm.
    CO_TRY(auto token, co_await fetch(std::move(stop)));
    authorization = token.authorization;
    const std::lock_guard lock(mutex_);
    token_ = std::move(token);
  }
  request->headers.set("Authorization", std::move(authorization));
  co_return Result<>();
}

Task<Result<net::OAuth2Token>> TokenAuthorizer::fetch(StopToken stop) {
  CO_TRY(TokenRequest wanted, make_request_(clock_.wall()));
  net::Request request{.method = wanted.method,
                       .url = wanted.url,
                       .headers = wanted.headers,
                       .body = wanted.body,
                       .timeout = token_timeout,
                       .body_size_max = answer_bytes_max};
  CO_TRY(const net::Response answer, co_await client_->fetch(std::move(request), std::move(stop)));
  co_return net::parse_token_answer(answer.status, answer.status_line,
                                    answer.headers.get("Content-Type"), answer.body,
                                    clock_.steady());
}

}  // namespace alloy::prometheus::remote_write
