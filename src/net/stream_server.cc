#include "net/stream_server.h"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "net/accept_loop.h"
#include "net/http_server.h"
#include "net/listen.h"

namespace alloy::net {
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

struct StreamServer::State : std::enable_shared_from_this<State> {
  State(AnyExecutor e, StreamServerOptions o, Serve s, tcp::acceptor a)
      : executor(std::move(e)),
        options(std::move(o)),
        serve(std::move(s)),
        acceptor(std::move(a)) {}

  const AnyExecutor executor;
  const StreamServerOptions options;
  const Serve serve;
  tcp::acceptor acceptor;
  std::shared_ptr<TlsContext> tls;
  std::string address;

  void refuse(Rejection reason, std::string_view remote, std::string_view detail) const {
    if (options.on_refused) options.on_refused(rejection_name(reason), remote, detail);
  }
  void take(tcp::socket socket, TaskGroup& group, const StopToken& stop);
  static Task<> serve_one(std::shared_ptr<State> self, tcp::socket socket, StopToken stop);
};

Task<> StreamServer::State::serve_one(std::shared_ptr<State> self, tcp::socket socket,
                                      StopToken stop) {
  const AnyExecutor strand = co_await asio::this_coro::executor;
  const auto transport = Transport::create(strand, std::move(socket), self->tls);
  std::stop_callback on_stop(stop, [weak = std::weak_ptr(transport), strand] {
    asio::post(strand, [weak] {
      if (const auto alive = weak.lock()) alive->close();
    });
  });
  const auto done = co_await transport->handshake(self->options.handshake_timeout);
  if (!stop.stop_requested()) {
    if (done) {
      co_await self->serve(transport, stop);
    } else {
      self->refuse(Rejection::tls_handshake, transport->remote_address(), done.error().message());
    }
  }
  transport->close();
}

void StreamServer::State::take(tcp::socket socket, TaskGroup& group, const StopToken& stop) {
  if (group.running() >= options.connections_max)
    return refuse(Rejection::too_many_connections, "", "too many connections");
  group.spawn(serve_one(shared_from_this(), std::move(socket), stop));
}

StreamServer::StreamServer(std::shared_ptr<State> state) : state_(std::move(state)) {}
StreamServer::~StreamServer() = default;

Result<std::unique_ptr<StreamServer>> StreamServer::create(AnyExecutor executor,
                                                           StreamServerOptions options,
                                                           Serve serve) {
  std::shared_ptr<TlsContext> tls;
  if (options.tls) {
    TRY(tls, TlsContext::create(*options.tls));
  }
  TRY(auto acceptor, listen_tcp(executor, options.listen_address));
  auto state = std::make_shared<State>(std::move(executor), std::move(options), std::move(serve),
                                       std::move(acceptor));
  state->tls = std::move(tls);
  error_code ignored;
  const tcp::endpoint endpoint = state->acceptor.local_endpoint(ignored);
  state->address = endpoint_text(endpoint.address(), endpoint.port());
  return std::unique_ptr<StreamServer>(new StreamServer(std::move(state)));
}

std::string StreamServer::address() const { return state_->address; }

Task<> StreamServer::run(StopToken stop) {
  const auto state = state_;
  TaskGroup group(state->executor);
  co_await accept_connections(
      state, &state->acceptor,
      [&](tcp::socket socket) { state->take(std::move(socket), group, stop); }, stop);
  co_await group.join();
}

}  // namespace alloy::net
