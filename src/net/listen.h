// Addresses to listen on, and sockets bound to them; errors read like Go's ("listen tcp
// 127.0.0.1:80: bind: permission denied").
#pragma once

#include <string>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>

#include "base/error.h"
#include "base/task.h"

namespace alloy::net {

// `address` is host:port; without a host it means every address, of both families.
Result<boost::asio::ip::tcp::acceptor> listen_tcp(const AnyExecutor& executor,
                                                  const std::string& address);
Result<boost::asio::ip::udp::socket> bind_udp(const AnyExecutor& executor,
                                              const std::string& address);

// "127.0.0.1:80", "[::1]:80"
std::string endpoint_text(const boost::asio::ip::address& address, uint16_t port);

}  // namespace alloy::net
