#include "components/prometheus/remote_write/address_rotation.h"

#include "net/dns.h"
#include "net/url.h"

namespace alloy::prometheus::remote_write {

namespace {

// How long addresses are used before they are looked up again.
constexpr Duration address_age_max = 10s;

}  // namespace

std::string AddressRotation::next() {
  const std::lock_guard lock(mutex_);
  return addresses_.empty() ? std::string() : addresses_[next_++ % addresses_.size()];
}

Task<Result<>> AddressRotation::prepare(net::Request* request, StopToken) {
  bool is_outdated = false;
  {
    const std::lock_guard lock(mutex_);
    const SteadyTime now = clock_.steady();
    is_outdated = addresses_.empty() || now - looked_up_at_ > address_age_max;
    if (is_outdated) looked_up_at_ = now;
  }
  if (is_outdated) {
    CO_TRY(const net::Url url, net::parse_url(request->url));
    auto found = co_await net::lookup_host(blocking_, url.host_name());
    const std::lock_guard lock(mutex_);
    addresses_ = found ? *std::move(found) : std::vector<std::string>();
  }
  request->address = next();
  co_return Result<>();
}

}  // namespace alloy::prometheus::remote_write
