// Replies of name servers, which anybody on the network may forge.
#include <string_view>

#include "net/dns.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  (void)alloy::net::parse_dns_reply({reinterpret_cast<const char*>(data), size});
  return 0;
}
