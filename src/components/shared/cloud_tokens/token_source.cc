#include "components/shared/cloud_tokens/token_source.h"

#include <cstdlib>

namespace alloy::cloud_tokens {
namespace {

// A token is not used any more when it has less time left than this.
constexpr Duration renewal_margin = 30s;
constexpr Duration token_timeout = 30s;
constexpr size_t answer_bytes_max = 1 << 20;

}  // namespace

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

Task<Result<net::OAuth2Token>> TokenSource::get(std::shared_ptr<TokenSource> self, StopToken stop) {
  {
    const std::lock_guard lock(self->mutex_);
    const net::OAuth2Token& kept = self->token_;
    const bool is_fresh =
        kept.expires == SteadyTime::max() || self->clock_.steady() + renewal_margin < kept.expires;
    if (is_fresh && !kept.authorization.empty()) co_return kept;
  }
  // Two at once may both get one: no harm.
  CO_TRY(auto token, co_await self->fetch(std::move(stop)));
  const std::lock_guard lock(self->mutex_);
  self->token_ = token;
  co_return token;
}

Task<Result<net::OAuth2Token>> TokenSource::fetch(StopToken stop) {
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

}  // namespace alloy::cloud_tokens
