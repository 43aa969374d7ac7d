// Which proxy a request goes through.
#pragma once

#include <string>

#include "net/http_client_options.h"
#include "net/url.h"

namespace alloy::net {

// Whether the rules of NO_PROXY send requests for this host past the proxy: a comma-separated list
// of "*", addresses, networks (10.0.0.0/8), domains (with their subdomains; with a leading dot only
// those), each but a network with a port at will. The machine itself never goes through a proxy.
bool bypasses_proxy(std::string_view no_proxy, std::string_view host_name, std::string_view port);

// The proxy's URL for a request; empty when there is none.
std::string choose_proxy(const ProxyOptions& options, const Url& url);

// The port of a URL, or the usual one of its scheme.
std::string port_or_default(const Url& url);

}  // namespace alloy::net
