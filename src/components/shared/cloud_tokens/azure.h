// How to ask Microsoft Entra ID (Azure Active Directory) for a token.
#pragma once

#include <string>
#include <vector>

#include "component/component.h"
#include "components/shared/cloud_tokens/token_source.h"

namespace alloy::cloud_tokens {

// Whom to ask, and what for.
struct AzureContext {
  std::string authority = "https://login.microsoftonline.com/";  // Ends with a slash.
  std::string scope;
};

TokenRequest azure_ask_with_secret(const AzureContext& context, const std::string& tenant,
                                   const std::string& client, const std::string& secret);
Result<TokenRequest> azure_ask_with_assertion(const AzureContext& context,
                                              const std::string& tenant, const std::string& client,
                                              const std::string& file);
// The machine knows who it is; `client` says as which of several identities, or is empty.
TokenRequest azure_ask_machine(const AzureContext& context, const std::string& client);
// What Azure's own clients try, in their order: a secret, a workload's token, the machine.
Result<TokenRequest> azure_ask_as_environment_says(const AzureContext& context,
                                                   const std::string& tenant_id);
// The authority as the environment says, or the given one.
std::string azure_authority(std::string_view usual);

// Tokens as the environment says, for these scopes.
using GetToken = std::function<Task<Result<net::OAuth2Token>>(StopToken)>;
Result<GetToken> azure_default_tokens(const Options& options,
                                      const std::vector<std::string>& scopes);

}  // namespace alloy::cloud_tokens
