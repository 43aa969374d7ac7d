// Logging in to Vault by each of its methods.
#pragma once

#include <optional>

#include "components/remote/vault/client.h"

namespace alloy::remote::vault {

// What a login needs of its surroundings.
struct LoginContext {
  Client* client = nullptr;
  Executor* executor = nullptr;
  Clock* clock = nullptr;
  std::string nonce;  // What Vault knows a machine of EC2 by the next time.
};

// The client uses the token from then on. No answer where a token was given.
Task<Result<std::optional<Answer>>> log_in(AuthArguments auth, LoginContext context,
                                           StopToken stop);

// What machines and roles of clouds log in with, as the JSON of the login's body.
Task<Result<std::string>> aws_login(AwsAuth auth, LoginContext context, StopToken stop);
Task<Result<std::string>> azure_login(AzureAuth auth, LoginContext context, StopToken stop);
Task<Result<std::string>> gcp_login(GcpAuth auth, LoginContext context, StopToken stop);

// An object with these members, in this order.
std::string json_object(const std::vector<std::pair<std::string, std::string>>& members);

}  // namespace alloy::remote::vault
