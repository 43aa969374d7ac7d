#include "net/listen.h"

#include <charconv>

#include <boost/asio/ip/v6_only.hpp>
#include <fmt/format.h>

#include "net/system_error.h"

namespace alloy::net {
namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;
using boost::system::error_code;

namespace {

struct Address {
  std::string host;
  uint16_t port = 0;
};

template <class Protocol>
constexpr std::string_view name_of() {
  return std::is_same_v<Protocol, tcp> ? "tcp" : "udp";
}

template <class Protocol>
std::unexpected<Error> listen_error(std::string_view address, std::string_view why) {
  return fail(fmt::format("listen {} {}: {}", name_of<Protocol>(), address, why));
}

template <class Protocol>
Result<Address> parse_address(const std::string& text) {
  const size_t colon = text.rfind(':');
  if (colon == text.npos)
    return listen_error<Protocol>("address " + text, "missing port in address");
  Address address;
  address.host = text.substr(0, colon);
  if (address.host.starts_with('[') && address.host.ends_with(']')) {
    address.host = address.host.substr(1, address.host.size() - 2);
  } else if (address.host.contains(':')) {
    return listen_error<Protocol>("address " + text, "too many colons in address");
  }
  const std::string_view port = std::string_view(text).substr(colon + 1);
  unsigned number = 0;
  const auto [end, code] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (!port.empty() && (code != std::errc() || end != port.data() + port.size())) {
    return fail(fmt::format("listen {0}: lookup {0}/{1}: unknown port", name_of<Protocol>(), port));
  }
  if (number > 65535) {
    return fail(fmt::format("listen {}: address {}: invalid port", name_of<Protocol>(), port));
  }
  address.port = static_cast<uint16_t>(number);
  return address;
}

template <class Protocol>
Result<std::vector<typename Protocol::endpoint>> endpoints_of(const AnyExecutor& executor,
                                                              const std::string& text) {
  using Endpoint = typename Protocol::endpoint;
  TRY(const Address address, parse_address<Protocol>(text));
  if (address.host.empty()) {
    return std::vector{Endpoint(Protocol::v6(), address.port),
                       Endpoint(Protocol::v4(), address.port)};
  }
  error_code error;
  const auto literal = asio::ip::make_address(address.host, error);
  if (!error) return std::vector{Endpoint(literal, address.port)};
  typename Protocol::resolver resolver(executor);
  const auto found = resolver.resolve(address.host, std::to_string(address.port),
                                      Protocol::resolver::passive, error);
  if (error || found.empty()) {
    return fail(
        fmt::format("listen {}: lookup {}: no such host", name_of<Protocol>(), address.host));
  }
  // Like Go: one address, IPv4 preferred.
  for (const auto& entry : found) {
    if (entry.endpoint().address().is_v4()) return std::vector{entry.endpoint()};
  }
  return std::vector{found.begin()->endpoint()};
}

template <class Protocol, class Socket>
Result<void> bind_to(Socket& socket, const typename Protocol::endpoint& endpoint,
                     std::string_view text) {
  error_code error;
  const auto step = [&](std::string_view what) -> Result<void> {
    if (!error) return {};
    return listen_error<Protocol>(text, fmt::format("{}: {}", what, errno_text(error.value())));
  };
  socket.open(endpoint.protocol(), error);
  TRY(step("socket"));
  if constexpr (std::is_same_v<Protocol, tcp>)
    socket.set_option(asio::socket_base::reuse_address(true), error);
  // An IPv6 socket for every address takes IPv4 as well.
  if (endpoint.address().is_v6()) socket.set_option(asio::ip::v6_only(false), error);
  socket.bind(endpoint, error);
  TRY(step("bind"));
  if constexpr (std::is_same_v<Protocol, tcp>) {
    socket.listen(asio::socket_base::max_listen_connections, error);
    TRY(step("listen"));
  }
  return {};
}

// The first of the endpoints that works: without IPv6 in the kernel, IPv4 will do.
template <class Protocol, class Socket>
Result<Socket> open(const AnyExecutor& executor, const std::string& address) {
  TRY(const auto endpoints, endpoints_of<Protocol>(executor, address));
  Result<void> bound;
  for (const auto& endpoint : endpoints) {
    Socket socket(executor);
    bound = bind_to<Protocol>(socket, endpoint, address);
    if (bound) return socket;
  }
  return std::unexpected(std::move(bound).error());
}

}  // namespace

Result<tcp::acceptor> listen_tcp(const AnyExecutor& executor, const std::string& address) {
  return open<tcp, tcp::acceptor>(executor, address);
}

Result<udp::socket> bind_udp(const AnyExecutor& executor, const std::string& address) {
  return open<udp, udp::socket>(executor, address);
}

std::string endpoint_text(const asio::ip::address& address, uint16_t port) {
  return fmt::format("{}{}{}:{}", address.is_v6() ? "[" : "", address.to_string(),
                     address.is_v6() ? "]" : "", port);
}

}  // namespace alloy::net
