// What the TLS of an open connection agreed on, and who the peer says it is.
#pragma once

#include <cstdint>
#include <string>

namespace alloy::net {

struct TlsState {
  std::string version;          // "TLS 1.3"
  int64_t earliest_expiry = 0;  // Of the certificates the peer sent; Unix seconds.
  // When the chain that could be verified expires; Go's zero time where nothing was verified.
  int64_t chain_expiry = -62'135'596'800;
  // Of the peer's own certificate, names as Go spells them.
  std::string fingerprint_sha256;
  std::string subject;
  std::string issuer;
  std::string dns_names;  // Joined by commas.
};

// Of a connection's SSL* after the handshake. `is_verified`: whether certificates were checked.
TlsState read_tls_state(void* ssl, bool is_verified);

}  // namespace alloy::net
