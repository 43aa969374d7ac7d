#include "net/accept_loop.h"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/clock.h"

namespace alloy::net {
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

Task<> accept_connections(std::shared_ptr<void> owner, tcp::acceptor* acceptor,
                          std::function<void(tcp::socket)> take, StopToken stop) {
  const AnyExecutor strand = co_await asio::this_coro::executor;
  std::stop_callback on_stop(stop, [owner, acceptor, strand] {
    asio::post(strand, [owner, acceptor] {
      error_code ignored;
      acceptor->close(ignored);
    });
  });
  while (!stop.stop_requested()) {
    tcp::socket socket(acceptor->get_executor());
    error_code error;
    co_await acceptor->async_accept(socket, asio::redirect_error(asio::use_awaitable, error));
    if (stop.stop_requested()) break;
    if (error) {  // Too many open files, mostly: it may pass.
      co_await sleep_for(100ms, stop);
      continue;
    }
    take(std::move(socket));
  }
  error_code ignored;
  acceptor->close(ignored);
}

}  // namespace alloy::net
