// How to ask Azure Active Directory for a token (azuread).
#pragma once

#include "components/prometheus/remote_write/arguments.h"
#include "components/prometheus/remote_write/token_authorizer.h"

namespace alloy::prometheus::remote_write {

// Reads what the environment says besides. Errors: what is missing.
Result<TokenRequest> make_azure_request(const AzureAdArguments& arguments);

}  // namespace alloy::prometheus::remote_write
