#include "net/proxy.h"

#include <cstdlib>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include "base/text.h"

namespace alloy::net {
namespace ip = boost::asio::ip;

namespace {

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return out;
}

bool network_contains(const std::string& network, const ip::address& address) {
  boost::system::error_code error;
  if (address.is_v4()) {
    const auto v4 = ip::make_network_v4(network, error);
    return !error && ip::make_network_v4(address.to_v4(), v4.prefix_length()).network() ==
                         v4.canonical().network();
  }
  const auto v6 = ip::make_network_v6(network, error);
  return !error && ip::make_network_v6(address.to_v6(), v6.prefix_length()).network() ==
                       v6.canonical().network();
}

bool is_domain_match(std::string_view rule, std::string_view host) {
  if (rule.starts_with("*.")) rule.remove_prefix(1);
  if (rule.starts_with('.')) return host.ends_with(rule);
  return host == rule || (host.size() > rule.size() && host.ends_with(rule) &&
                          host[host.size() - rule.size() - 1] == '.');
}

// "host:port" taken apart; a bare IPv6 address has no port.
std::pair<std::string, std::string> split_port(std::string_view rule) {
  if (rule.starts_with('[')) {
    const size_t bracket = rule.find(']');
    if (bracket == std::string_view::npos) return {std::string(rule), ""};
    std::string_view port = rule.substr(bracket + 1);
    if (port.starts_with(':')) port.remove_prefix(1);
    return {std::string(rule.substr(1, bracket - 1)), std::string(port)};
  }
  const size_t colon = rule.find(':');
  if (colon == std::string_view::npos || rule.find(':', colon + 1) != std::string_view::npos) {
    return {std::string(rule), ""};
  }
  return {std::string(rule.substr(0, colon)), std::string(rule.substr(colon + 1))};
}

std::string environment(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (const char* value = std::getenv(name); value && *value) return value;
  }
  return "";
}

// curl resolves the host itself for socks5://; Go lets the proxy do it.
std::string with_remote_lookup(std::string url) {
  if (url.starts_with("socks5://")) url.insert(6, "h");
  return url;
}

}  // namespace

bool bypasses_proxy(std::string_view no_proxy, std::string_view host_name, std::string_view port) {
  const std::string host = lower_case(trim(host_name));
  if (host == "localhost") return true;
  boost::system::error_code no_address;
  const ip::address address = ip::make_address(host, no_address);
  if (!no_address && address.is_loopback()) return true;
  for (const std::string_view item : split(no_proxy, ',')) {
    const std::string rule = lower_case(trim(item));
    if (rule.empty()) continue;
    if (rule == "*") return true;
    if (rule.contains('/')) {
      if (!no_address && network_contains(rule, address)) return true;
      continue;
    }
    const auto [name, rule_port] = split_port(rule);
    if (!rule_port.empty() && rule_port != port) continue;
    boost::system::error_code not_an_address;
    const ip::address rule_address = ip::make_address(name, not_an_address);
    if (!not_an_address) {
      if (!no_address && rule_address == address) return true;
    } else if (is_domain_match(name, host)) {
      return true;
    }
  }
  return false;
}

std::string port_or_default(const Url& url) {
  const std::string port = url.port();
  if (!port.empty()) return port;
  return url.scheme == "https" ? "443" : "80";
}

std::string choose_proxy(const ProxyOptions& options, const Url& url) {
  if (options.from_environment) {
    std::string proxy = url.scheme == "https" ? environment({"HTTPS_PROXY", "https_proxy"})
                                              : environment({"HTTP_PROXY", "http_proxy"});
    // A CGI program must not believe HTTP_PROXY: it may be a request's "Proxy" header.
    if (url.scheme == "http" && !environment({"REQUEST_METHOD"}).empty()) proxy.clear();
    const std::string no_proxy = environment({"NO_PROXY", "no_proxy"});
    if (proxy.empty() || bypasses_proxy(no_proxy, url.host_name(), port_or_default(url))) return "";
    return with_remote_lookup(std::move(proxy));
  }
  if (options.url.empty()) return "";
  if (!options.no_proxy.empty() &&
      bypasses_proxy(options.no_proxy, url.host_name(), port_or_default(url))) {
    return "";
  }
  return with_remote_lookup(options.url);
}

}  // namespace alloy::net
