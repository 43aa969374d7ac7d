// Tokens for Google Cloud, by the application's default credentials: a service account's key, a
// user's refresh token, or the machine's metadata.
#pragma once

#include <optional>
#include <string>

#include "components/discovery/shared/http_refresh.h"

namespace alloy::discovery::gce {

// The file that says as whom to log in; empty when there is none.
std::string default_credentials_file();

// A signed assertion that its bearer is a service account (RFC 7523), RS256.
struct Assertion {
  std::string_view account;    // "name@project.iam.gserviceaccount.com"
  std::string_view key_pem;    // Its private key.
  std::string_view token_url;  // Whom it is for.
  std::string_view scope;
  int64_t issued_seconds = 0;  // Unix time.
};
Result<std::string> sign_assertion(const Assertion& assertion);

class TokenSource {
 public:
  TokenSource(std::string scope, ClientPointer client, const DiscoveryContext& context)
      : scope_(std::move(scope)), client_(std::move(client)), context_(context) {}

  // "Bearer …"; a new one shortly before the old one expires. On one strand.
  Task<Result<std::string>> authorization(StopToken stop);

 private:
  Task<Result<net::Response>> ask(StopToken stop);
  Task<Result<net::Response>> ask_with_file(std::string path, StopToken stop);
  Task<Result<net::Response>> post(std::string url, std::string body, StopToken stop);

  std::string scope_;
  ClientPointer client_;
  const DiscoveryContext& context_;
  std::string authorization_;
  std::optional<SteadyTime> expires_;
};

}  // namespace alloy::discovery::gce
