// Addresses as text and back.
#include <arpa/inet.h>
#include <charconv>

#include <fmt/format.h>

#include "cluster/messages.h"

namespace alloy::cluster {

std::string format_ip(std::string_view ip) {
  char text[INET6_ADDRSTRLEN] = "";
  if (ip.size() != 4 && ip.size() != 16) return "<invalid>";
  inet_ntop(ip.size() == 4 ? AF_INET : AF_INET6, ip.data(), text, sizeof text);
  return text;
}

std::string format_address(const Address& address) {
  const std::string ip = format_ip(address.ip);
  return address.ip.size() == 16 ? fmt::format("[{}]:{}", ip, address.port)
                                 : fmt::format("{}:{}", ip, address.port);
}

Result<Address> parse_address(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos)
    return fail(fmt::format("address {}: missing port in address", text), ErrorKind::invalid);
  std::string host(text.substr(0, colon));
  const std::string_view port = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  Address address;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (error != std::errc() || end != port.data() + port.size())
    return fail(fmt::format("address {}: invalid port", text), ErrorKind::invalid);
  unsigned char bytes[16];
  if (inet_pton(AF_INET, host.c_str(), bytes) == 1)
    address.ip.assign(reinterpret_cast<char*>(bytes), 4);
  else if (inet_pton(AF_INET6, host.c_str(), bytes) == 1)
    address.ip.assign(reinterpret_cast<char*>(bytes), 16);
  else
    return fail(fmt::format("address {}: not an IP address", text), ErrorKind::invalid);
  return address;
}

}  // namespace alloy::cluster
