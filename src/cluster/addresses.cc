#include "cluster/addresses.h"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <fmt/format.h>

#include "net/dns.h"

namespace alloy::cluster {
namespace {

bool is_link_local(std::string_view ip) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(ip[i]); };
  if (ip.size() == 4) return byte(0) == 169 && byte(1) == 254;
  return byte(0) == 0xFE && (byte(1) & 0xC0) == 0x80;
}

// Lower is better.
int rank(std::string_view ip) { return (is_link_local(ip) ? 2 : 0) + (ip.size() == 4 ? 0 : 1); }

struct Entry {
  std::string host;
  uint16_t port;
};

// Splits "host:port"; a bare IPv6 address has colons but no port.
Entry split_port(std::string_view text, uint16_t default_port) {
  const size_t colon = text.rfind(':');
  const bool is_bare_v6 = text.find(':') != colon && !text.starts_with('[');
  if (colon == std::string_view::npos || is_bare_v6) return {std::string(text), default_port};
  uint16_t port = 0;
  const std::string_view digits = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size())
    return {std::string(text), default_port};
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return {std::string(host), port};
}

void add_ip(std::string_view ip, uint16_t port, std::vector<Address>& out) {
  const std::string text = ip.find(':') == std::string_view::npos
                               ? fmt::format("{}:{}", ip, port)
                               : fmt::format("[{}]:{}", ip, port);
  const auto address = parse_address(text);
  if (address && std::find(out.begin(), out.end(), *address) == out.end()) out.push_back(*address);
}

// The targets of a service; the port that the DNS names is not the one that counts.
Task<Result<std::vector<std::string>>> lookup_service(AnyExecutor blocking, std::string name) {
  CO_TRY(const auto records, co_await net::lookup_srv(blocking, name));
  std::vector<std::string> ips;
  for (const net::SrvRecord& record : records) {
    const auto found = co_await net::lookup_host(blocking, record.target);
    if (found) ips.insert(ips.end(), found->begin(), found->end());
  }
  if (ips.empty()) co_return fail("no address behind " + name, ErrorKind::not_found);
  co_return ips;
}

Task<Result<std::vector<std::string>>> resolve(AnyExecutor blocking, std::string host) {
  for (const std::string_view prefix : {"dnssrvnoa+", "dnssrv+"})
    if (host.starts_with(prefix))
      co_return co_await lookup_service(blocking, host.substr(prefix.size()));
  constexpr std::string_view dns_prefix = "dns+";
  if (host.starts_with(dns_prefix))
    co_return co_await net::lookup_host(blocking, host.substr(dns_prefix.size()));
  auto addresses = co_await net::lookup_host(blocking, host);
  if (addresses && !addresses->empty()) co_return addresses;
  auto service = co_await lookup_service(blocking, host);
  // The first failure says more about a name that is neither.
  if (!service && !addresses) co_return addresses;
  co_return service;
}

}  // namespace

Result<std::vector<InterfaceAddress>> interface_addresses() {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0)
    return std::unexpected(Error::from_errno("listing network interfaces"));
  std::vector<InterfaceAddress> out;
  for (const ifaddrs* at = list; at != nullptr; at = at->ifa_next) {
    if (at->ifa_addr == nullptr) continue;
    std::string ip;
    if (at->ifa_addr->sa_family == AF_INET) {
      const auto* v4 = reinterpret_cast<const sockaddr_in*>(at->ifa_addr);
      ip.assign(reinterpret_cast<const char*>(&v4->sin_addr), 4);
    } else if (at->ifa_addr->sa_family == AF_INET6) {
      const auto* v6 = reinterpret_cast<const sockaddr_in6*>(at->ifa_addr);
      ip.assign(reinterpret_cast<const char*>(&v6->sin6_addr), 16);
    } else {
      continue;
    }
    out.push_back({at->ifa_name, std::move(ip), (at->ifa_flags & IFF_LOOPBACK) != 0});
  }
  freeifaddrs(list);
  return out;
}

Result<std::string> choose_advertise_ip(std::span<const InterfaceAddress> all,
                                        std::span<const std::string> interfaces) {
  const bool any = interfaces.size() == 1 && interfaces[0] == "all";
  const InterfaceAddress* best = nullptr;
  const auto consider = [&](const InterfaceAddress& address) {
    if (!address.is_loopback && (best == nullptr || rank(address.ip) < rank(best->ip)))
      best = &address;
  };
  if (any) {
    for (const InterfaceAddress& address : all) consider(address);
  } else {
    for (const std::string& name : interfaces)
      for (const InterfaceAddress& address : all)
        if (address.interface == name) consider(address);
  }
  if (best == nullptr) return fail("no useable address found for interfaces", ErrorKind::not_found);
  return best->ip;
}

Task<Result<std::vector<Address>>> resolve_join_addresses(AnyExecutor blocking,
                                                          std::vector<std::string> entries,
                                                          uint16_t default_port, Logger logger) {
  std::vector<Address> out;
  std::string problems;
  for (const std::string& text : entries) {
    const Entry entry = split_port(text, default_port);
    const auto ips = co_await resolve(blocking, entry.host);
    if (ips) {
      for (const std::string& ip : *ips) add_ip(ip, entry.port, out);
      continue;
    }
    logger.warn("failed to resolve provided join address", {{"addr", text}, {"err", ips.error()}});
    problems += (problems.empty() ? "" : "; ") + ips.error().message();
  }
  if (out.empty())
    co_return fail("static peer discovery: failed to find any valid join addresses: " + problems);
  co_return out;
}

}  // namespace alloy::cluster
