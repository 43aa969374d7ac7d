#include "net/http_server.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "net/accept_loop.h"
#include "net/http1_connection.h"
#include "net/http2_connection.h"
#include "net/listen.h"
#include "net/server_context.h"
#include "net/tls_context.h"
#include "net/transport.h"

namespace alloy::net {
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

// How HTTP/2 begins (RFC 9113, section 3.4); no HTTP/1 method is spelled so.
constexpr std::string_view http2_preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
// A file of a certificate is looked at no more often than this.
constexpr Duration tls_check_interval = 1s;

}  // namespace

struct HttpServer::State : std::enable_shared_from_this<State> {
  State(AnyExecutor e, HttpServerOptions options, Handler handler)
      : executor(std::move(e)),
        context(std::make_shared<ServerContext>(std::move(options), std::move(handler))),
        acceptor(executor) {}

  AnyExecutor executor;
  std::shared_ptr<ServerContext> context;
  tcp::acceptor acceptor;
  tcp::endpoint endpoint;

  std::mutex mutex;  // Guards everything below.
  std::shared_ptr<TlsContext> tls;
  SteadyTime tls_checked = SteadyTime::min();

  std::shared_ptr<TlsContext> current_tls();
  void take(tcp::socket socket, TaskGroup& group);
  static Task<> serve(std::shared_ptr<State> self, tcp::socket socket, TaskGroup* group);
  Task<> serve_protocol(std::shared_ptr<Transport> transport, TaskGroup* group);
};

// The certificates as they are now; the old ones as long as new ones can't be read.
std::shared_ptr<TlsContext> HttpServer::State::current_tls() {
  std::lock_guard lock(mutex);
  const SteadyTime now = real_clock().steady();
  if (!tls || now < tls_checked + tls_check_interval) return tls;
  tls_checked = now;
  if (!tls->is_stale()) return tls;
  auto renewed = TlsContext::create(tls->options());
  if (renewed) {
    tls = *std::move(renewed);
  } else {
    context->reject(Rejection::tls_handshake, "", renewed.error().message());
  }
  return tls;
}

Task<> HttpServer::State::serve_protocol(std::shared_ptr<Transport> transport, TaskGroup* group) {
  const HttpServerOptions& options = context->options;
  if (auto done = co_await transport->handshake(options.head_timeout); !done) {
    context->reject(Rejection::tls_handshake, transport->remote_address(), done.error().message());
    co_await transport->shut_down(Transport::Goodbye::lingering);
    co_return;
  }
  std::string initial;
  bool is_http2 = transport->negotiated_http2();
  while (!is_http2) {
    char buffer[4096];
    const auto got = co_await transport->read(buffer, sizeof buffer, options.head_timeout);
    if (!got || *got == 0) {
      if (!got && got.error().kind() == ErrorKind::timeout) {
        context->reject(Rejection::head_timeout, transport->remote_address(), "no request");
      }
      co_await transport->shut_down(Transport::Goodbye::plain);
      co_return;
    }
    context->stats.received_bytes_total += *got;
    initial.append(buffer, *got);
    const size_t size = std::min(initial.size(), http2_preface.size());
    if (initial.substr(0, size) != http2_preface.substr(0, size)) break;
    is_http2 = size == http2_preface.size();
  }
  if (is_http2) {
    const AnyExecutor strand = co_await asio::this_coro::executor;
    const auto connection = std::make_shared<Http2Connection>(context, transport, strand, *group);
    co_await connection->run(std::move(initial));
  } else {
    const auto connection = std::make_shared<Http1Connection>(context, transport);
    co_await connection->run(std::move(initial));
  }
}

Task<> HttpServer::State::serve(std::shared_ptr<State> self, tcp::socket socket, TaskGroup* group) {
  const AnyExecutor strand = co_await asio::this_coro::executor;
  const auto transport = Transport::create(strand, std::move(socket), self->current_tls());
  std::stop_callback on_abort(self->context->abort.get_token(),
                              [weak = std::weak_ptr(transport), strand] {
                                asio::post(strand, [weak] {
                                  if (const auto alive = weak.lock()) alive->close();
                                });
                              });
  co_await self->serve_protocol(transport, group);
  transport->close();
  --self->context->stats.connections_open;
}

void HttpServer::State::take(tcp::socket socket, TaskGroup& group) {
  ++context->stats.connections_total;
  if (context->stats.connections_open >= static_cast<int64_t>(context->options.connections_max))
    return context->reject(Rejection::too_many_connections, "", "too many connections");
  ++context->stats.connections_open;
  group.spawn(serve(shared_from_this(), std::move(socket), &group));
}

HttpServer::HttpServer(std::shared_ptr<State> state) : state_(std::move(state)) {}
HttpServer::~HttpServer() = default;

Result<std::unique_ptr<HttpServer>> HttpServer::create(AnyExecutor executor,
                                                       HttpServerOptions options, Handler handler) {
  const std::string address = options.listen_address;
  auto state = std::make_shared<State>(std::move(executor), std::move(options), std::move(handler));
  if (state->context->options.tls) {
    TRY(state->tls, TlsContext::create(*state->context->options.tls));
  }
  TRY(state->acceptor, listen_tcp(state->executor, address));
  error_code ignored;
  state->endpoint = state->acceptor.local_endpoint(ignored);
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

uint16_t HttpServer::port() const { return state_->endpoint.port(); }

std::string HttpServer::address() const {
  return endpoint_text(state_->endpoint.address(), port());
}

Task<> HttpServer::run(StopToken stop) {
  const auto state = state_;
  TaskGroup group(state->executor);
  co_await accept_connections(
      state, &state->acceptor, [&](tcp::socket socket) { state->take(std::move(socket), group); },
      stop);
  state->context->drain.request_stop();
  {
    TaskGroup watch(state->executor);
    StopSource drained;
    struct Watch {
      static Task<> abort_later(std::shared_ptr<ServerContext> context, StopToken drained) {
        const Wake wake = co_await sleep_for(context->options.drain_timeout, drained);
        if (wake == Wake::elapsed) context->abort.request_stop();
      }
    };
    watch.spawn(Watch::abort_later(state->context, drained.get_token()));
    co_await group.join();
    drained.request_stop();
    co_await watch.join();
  }
}

Task<ServerResponse> HttpServer::dispatch(ServerRequest request) {
  const auto context = state_->context;
  co_return co_await call_handler(context, std::move(request));
}

Result<void> HttpServer::set_tls(std::optional<TlsServerOptions> tls) {
  std::shared_ptr<TlsContext> context;
  if (tls) {
    TRY(context, TlsContext::create(*std::move(tls)));
  }
  std::lock_guard lock(state_->mutex);
  state_->tls = std::move(context);
  return {};
}

const HttpServerStats& HttpServer::stats() const { return state_->context->stats; }

}  // namespace alloy::net
