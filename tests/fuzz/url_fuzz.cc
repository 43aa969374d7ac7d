// URLs from configurations and Location headers: whatever parses prints and parses again alike.
#include <cstdlib>
#include <string_view>

#include "net/url.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace alloy;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto base = net::parse_url("http://user@example.com:80/a/b?c#d");
  if (const auto url = net::parse_url(text)) {
    const std::string printed = url->to_string();
    const auto again = net::parse_url(printed);
    if (again && again->to_string() != printed) std::abort();
    url->host_name();
    url->port();
    url->redacted();
    url->target();
    net::encode_query({{url->path, url->query}});
    net::parse_query(url->query);
  }
  (void)net::resolve_url(*base, text);
  return 0;
}
