#include "components/loki/write/arguments.h"

#include <fmt/format.h>

#include "base/text.h"
#include "net/url.h"

namespace alloy::loki::write {

Result<> QueueArguments::validate() const {
  if (min_shards < 0) return fail("min_shards must not be negative", ErrorKind::invalid);
  if (capacity.bytes < 0) return fail("capacity must not be negative", ErrorKind::invalid);
  return {};
}

Result<> EndpointArguments::validate() {
  if (auto parsed = net::parse_url(url); !parsed && !url.empty()) {
    return fail(
        fmt::format("failed to parse remote url {}: {}", quote(url), parsed.error().message()),
        ErrorKind::invalid);
  }
  return http.validate();
}

Result<> WalArguments::validate() const {
  if (min_read_frequency >= max_read_frequency) {
    return fail("WAL min read frequency should be lower than max read frequency",
                ErrorKind::invalid);
  }
  return {};
}

}  // namespace alloy::loki::write
