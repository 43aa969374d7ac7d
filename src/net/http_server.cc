#include "net/http_server.h"

#include <charconv>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>

#include "net/http1_connection.h"
#include "net/http2_connection.h"
#include "net/server_context.h"
#include "net/system_error.h"
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

struct Address {
  std::string host;
  uint16_t port = 0;
};

std::unexpected<Error> listen_error(std::string_view address, std::string_view why) {
  return fail(fmt::format("listen tcp {}: {}", address, why));
}

Result<Address> parse_address(const std::string& text) {
  const size_t colon = text.rfind(':');
  if (colon == text.npos) {
    return listen_error("address " + text, "missing port in address");
  }
  Address address;
  address.host = text.substr(0, colon);
  if (address.host.starts_with('[') && address.host.ends_with(']')) {
    address.host = address.host.substr(1, address.host.size() - 2);
  } else if (address.host.contains(':')) {
    return listen_error("address " + text, "too many colons in address");
  }
  const std::string_view port = std::string_view(text).substr(colon + 1);
  unsigned number = 0;
  const auto [end, code] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (!port.empty() && (code != std::errc() || end != port.data() + port.size())) {
    return fail(fmt::format("listen tcp: lookup tcp/{}: unknown port", port));
  }
  if (number > 65535) return fail(fmt::format("listen tcp: address {}: invalid port", port));
  address.port = static_cast<uint16_t>(number);
  return address;
}

Result<std::vector<tcp::endpoint>> endpoints_of(const AnyExecutor& executor,
                                                const std::string& text) {
  TRY(const Address address, parse_address(text));
  if (address.host.empty()) {
    return std::vector{tcp::endpoint(tcp::v6(), address.port),
                       tcp::endpoint(tcp::v4(), address.port)};
  }
  error_code error;
  const auto literal = asio::ip::make_address(address.host, error);
  if (!error) return std::vector{tcp::endpoint(literal, address.port)};
  tcp::resolver resolver(executor);
  const auto found =
      resolver.resolve(address.host, std::to_string(address.port), tcp::resolver::passive, error);
  if (error || found.empty()) {
    return fail(fmt::format("listen tcp: lookup {}: no such host", address.host));
  }
  // Like Go: one address, IPv4 preferred.
  for (const auto& entry : found) {
    if (entry.endpoint().address().is_v4()) return std::vector{entry.endpoint()};
  }
  return std::vector{found.begin()->endpoint()};
}

Result<void> listen_on(tcp::acceptor& acceptor, const tcp::endpoint& endpoint,
                       std::string_view text) {
  error_code error;
  const auto step = [&](std::string_view what) -> Result<void> {
    if (!error) return {};
    return listen_error(text, fmt::format("{}: {}", what, errno_text(error.value())));
  };
  acceptor.open(endpoint.protocol(), error);
  TRY(step("socket"));
  acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  // An IPv6 socket for every address takes IPv4 connections as well.
  if (endpoint.address().is_v6()) acceptor.set_option(asio::ip::v6_only(false), error);
  acceptor.bind(endpoint, error);
  TRY(step("bind"));
  acceptor.listen(tcp::acceptor::max_listen_connections, error);
  return step("listen");
}

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
  Task<> accept_loop(TaskGroup* group, StopToken stop);
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

Task<> HttpServer::State::accept_loop(TaskGroup* group, StopToken stop) {
  const AnyExecutor strand = co_await asio::this_coro::executor;
  std::stop_callback on_stop(stop, [self = shared_from_this(), strand] {
    asio::post(strand, [self] {
      error_code ignored;
      self->acceptor.close(ignored);
    });
  });
  while (!stop.stop_requested()) {
    tcp::socket socket(executor);
    error_code error;
    co_await acceptor.async_accept(socket, asio::redirect_error(asio::use_awaitable, error));
    if (stop.stop_requested()) break;
    if (error) {  // Too many open files, mostly: it may pass.
      co_await sleep_for(100ms, stop);
      continue;
    }
    ++context->stats.connections_total;
    if (context->stats.connections_open >= static_cast<int64_t>(context->options.connections_max)) {
      context->reject(Rejection::too_many_connections, "", "too many connections");
      continue;
    }
    ++context->stats.connections_open;
    group->spawn(serve(shared_from_this(), std::move(socket), group));
  }
  error_code ignored;
  acceptor.close(ignored);
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
  TRY(const auto endpoints, endpoints_of(state->executor, address));
  Result<void> listening;
  for (const auto& endpoint : endpoints) {  // Without IPv6 in the kernel, IPv4 will do.
    error_code ignored;
    state->acceptor.close(ignored);
    listening = listen_on(state->acceptor, endpoint, address);
    if (listening) break;
  }
  if (!listening) return std::unexpected(std::move(listening).error());
  error_code ignored;
  state->endpoint = state->acceptor.local_endpoint(ignored);
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

uint16_t HttpServer::port() const { return state_->endpoint.port(); }

std::string HttpServer::address() const {
  const auto address = state_->endpoint.address();
  return fmt::format("{}{}{}:{}", address.is_v6() ? "[" : "", address.to_string(),
                     address.is_v6() ? "]" : "", port());
}

Task<> HttpServer::run(StopToken stop) {
  const auto state = state_;
  TaskGroup group(state->executor);
  co_await state->accept_loop(&group, stop);
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
