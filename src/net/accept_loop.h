// Takes connections from a listening socket until asked to stop.
#pragma once

#include <functional>

#include <boost/asio/ip/tcp.hpp>

#include "base/task.h"

namespace alloy::net {

// `owner` has the acceptor, which is closed in the end; `take` gets each connection.
Task<> accept_connections(std::shared_ptr<void> owner, boost::asio::ip::tcp::acceptor* acceptor,
                          std::function<void(boost::asio::ip::tcp::socket)> take, StopToken stop);

}  // namespace alloy::net
