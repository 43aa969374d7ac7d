// Signing with SHA-1.
#include "components/discovery/ovhcloud/signature.h"

#include <fmt/format.h>

#include "net/signing.h"

namespace alloy::discovery::ovhcloud {

std::string signature_of(const SignedRequest& request) {
  return "$1$" + net::sha1_hex(fmt::format("{}+{}+{}+{}+{}+{}", request.application_secret,
                                           request.consumer_key, request.method, request.url,
                                           request.body, request.timestamp));
}

}  // namespace alloy::discovery::ovhcloud
