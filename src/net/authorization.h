// The Authorization field of a request, from whatever the options say.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "net/http_client_options.h"

namespace alloy::net {

std::string encode_base64(std::string_view bytes);

// "Basic dTpw".
std::string basic_authorization(std::string_view user, std::string_view password);

// Reads the files that the options name. Errors: "unable to read basic auth password: …".
Result<std::string> authorization_of(const BasicAuth& auth);
Result<std::string> authorization_of(const Authorization& auth);

}  // namespace alloy::net
