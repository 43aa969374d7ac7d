// OpenSSL's settings for a connection we open, from the options that all clients have.
#pragma once

#include <string>

#include "base/error.h"
#include "net/http_client_options.h"

namespace alloy::net {

// Reads the files that the options name. An SSL_CTX*, which the caller owns.
Result<void*> make_client_context(const TlsClientOptions& options);

// Whom the peer of an SSL* must be: a host name or an IP address; empty: anybody.
Result<> set_server_name(void* ssl, const std::string& name, bool is_verified);

}  // namespace alloy::net
