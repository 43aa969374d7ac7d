// What proves who a request is from: keyed hashes and signatures.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace alloy::net {

// HMAC (RFC 2104) with SHA-256, as bytes.
std::string hmac_sha256(std::string_view key, std::string_view text);

// For protocols that insist on it; in lower-case hexadecimal.
std::string sha1_hex(std::string_view text);

// RSASSA-PKCS1-v1_5 with SHA-256 (RS256), as bytes. Fails for what is no private key in PEM.
Result<std::string> sign_rs256(std::string_view text, std::string_view key_pem);

}  // namespace alloy::net
