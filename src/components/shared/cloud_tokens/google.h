// How to ask Google for a token: with the key of a service account, the refresh token of a user, or
// as the machine.
#pragma once

#include <string>

#include "components/shared/cloud_tokens/token_source.h"

namespace alloy::cloud_tokens {

// From a file with credentials; empty: where Google's own clients look for it. The machine's own
// tokens have the scopes that it was given.
Result<TokenRequest> make_google_request(const std::string& credentials_file,
                                         std::string_view scope, WallTime now);

// A JSON Web Token (RFC 7519), signed by RS256 with a key in PEM.
Result<std::string> sign_jwt(std::string_view header_json, std::string_view claims_json,
                             const std::string& private_key);

}  // namespace alloy::cloud_tokens
