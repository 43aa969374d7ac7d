#include "net/openssl_values.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace alloy::net {

int version_number(TlsVersion version, int otherwise) {
  switch (version) {
    case TlsVersion::tls10:
      return TLS1_VERSION;
    case TlsVersion::tls11:
      return TLS1_1_VERSION;
    case TlsVersion::tls12:
      return TLS1_2_VERSION;
    case TlsVersion::tls13:
      return TLS1_3_VERSION;
    case TlsVersion::unspecified:
      break;
  }
  return otherwise;
}

std::string last_openssl_error() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return reason == nullptr ? "unknown error" : reason;
}

}  // namespace alloy::net
