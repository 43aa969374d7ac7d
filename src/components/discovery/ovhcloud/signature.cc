// Signing with SHA-1.
#include "components/discovery/ovhcloud/signature.h"

#include <array>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/error.h"

namespace alloy::discovery::ovhcloud {

std::string signature_of(const SignedRequest& request) {
  const std::string text =
      fmt::format("{}+{}+{}+{}+{}+{}", request.application_secret, request.consumer_key,
                  request.method, request.url, request.body, request.timestamp);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  ASSERT(EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) == 1);
  std::string out = "$1$";
  for (unsigned i = 0; i < size; ++i) out += fmt::format("{:02x}", digest[i]);
  return out;
}

}  // namespace alloy::discovery::ovhcloud
