// OpenSSL's digests.
#include "signals/digest.h"

#include <array>

#include <openssl/evp.h>

namespace alloy {
namespace {

std::string digest(const EVP_MD* kind, std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), bytes.data(), &size, kind, nullptr);
  std::string hex;
  for (unsigned i = 0; i < size; ++i) {
    hex += digits[bytes[i] >> 4];
    hex += digits[bytes[i] & 15];
  }
  return hex;
}

}  // namespace

std::string sha1_hex(std::string_view text) { return digest(EVP_sha1(), text); }
std::string sha512_hex(std::string_view text) { return digest(EVP_sha512(), text); }
std::string sha3_256_hex(std::string_view text) { return digest(EVP_sha3_256(), text); }

}  // namespace alloy
