// What a user can say about TLS on a port we listen on.
#pragma once

#include <string>
#include <vector>

#include "net/http_client_options.h"

namespace alloy::net {

// The client certificate policies, by Go's names.
enum class ClientAuth : unsigned char {
  no_client_cert,
  request_client_cert,
  require_any_client_cert,
  verify_client_cert_if_given,
  require_and_verify_client_cert,
};

// Certificate and key are given as text or as files; files are read again when they change.
struct TlsServerOptions {
  std::string cert_pem;
  std::string cert_file;
  std::string key_pem;
  std::string key_file;
  std::string client_ca_pem;
  std::string client_ca_file;
  ClientAuth client_auth = ClientAuth::no_client_cert;
  std::vector<std::string> cipher_suites;            // Go's names; empty: the library's choice.
  std::vector<std::string> curve_preferences;        // CurveP256, CurveP384, CurveP521, X25519.
  TlsVersion min_version = TlsVersion::unspecified;  // Unspecified: TLS 1.2.
  TlsVersion max_version = TlsVersion::unspecified;
};

}  // namespace alloy::net
