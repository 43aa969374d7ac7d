// Values of OpenSSL's, for the files that use it.
#pragma once

#include <string>

#include "net/http_client_options.h"

namespace alloy::net {

// OpenSSL's number of the version, or `otherwise` if none is asked for.
int version_number(TlsVersion version, int otherwise);

// What went wrong last on this thread, which is forgotten then.
std::string last_openssl_error();

}  // namespace alloy::net
