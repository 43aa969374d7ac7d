// OAuth2 client credentials: gets a token, keeps it until shortly before it expires.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/task.h"
#include "net/http_client_options.h"

namespace alloy::net {

class HttpClient;

struct OAuth2Token {
  std::string authorization;  // "Bearer abc".
  SteadyTime expires = SteadyTime::max();
};

// What a token endpoint answered (RFC 6749, section 5). Errors read like golang.org/x/oauth2's.
Result<OAuth2Token> parse_token_answer(int status, std::string_view status_line,
                                       std::string_view content_type, std::string_view body,
                                       SteadyTime now);

// All calls on one strand.
class OAuth2TokenSource {
 public:
  OAuth2TokenSource(AnyExecutor executor, OAuth2 options, std::string user_agent);
  ~OAuth2TokenSource();

  // The Authorization field. Callers that come while a token is being fetched wait for it.
  Task<Result<std::string>> authorization(Duration timeout, StopToken stop);

 private:
  Task<Result<OAuth2Token>> fetch_token(std::string secret, Duration timeout, StopToken stop);
  Task<Result<OAuth2Token>> ask(std::string secret, Duration timeout, StopToken stop);

  AnyExecutor executor_;
  OAuth2 options_;
  std::string user_agent_;
  std::unique_ptr<HttpClient> client_;
  OAuth2Token token_;
  std::string token_secret_;  // The client secret that token_ was got with.
  bool has_token_ = false;
  bool is_fetching_ = false;
  std::vector<std::shared_ptr<Event>> waiting_;
  // Where the endpoint wants the client's credentials, once known.
  std::optional<bool> credentials_in_header_;
};

}  // namespace alloy::net
