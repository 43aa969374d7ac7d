#include "net/client_connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "net/system_error.h"
#include "net/tls_client_context.h"

namespace alloy::net {
namespace asio = boost::asio;
using boost::system::error_code;
using Protocol = asio::generic::stream_protocol;

namespace {

std::string error_text(const error_code& error) {
  return error.category() == boost::system::system_category() ? errno_text(error.value())
                                                              : error.message();
}

// What timers and stop callbacks may outlive the connection with.
struct Line {
  explicit Line(const AnyExecutor& strand) : socket(strand), timer(strand) {}

  void end(bool& why) {
    why = true;
    error_code ignored;
    socket.close(ignored);
  }

  Protocol::socket socket;
  asio::steady_timer timer;
  bool is_expired = false;
  bool is_stopped = false;
};

class Connection final : public ClientConnection {
 public:
  Connection(const AnyExecutor& strand, SteadyTime deadline, StopToken stop)
      : line_(std::make_shared<Line>(strand)),
        on_stop_(std::move(stop), StopHandler{line_, strand}) {
    line_->timer.expires_at(deadline);
    line_->timer.async_wait([weak = std::weak_ptr(line_)](const error_code& error) {
      const auto line = weak.lock();
      if (!error && line) line->end(line->is_expired);
    });
  }
  ~Connection() override {
    tls_.reset();
    error_code ignored;
    line_->timer.cancel();
    line_->socket.close(ignored);
  }

  Task<Result<>> open(ConnectOptions options);
  Task<Result<>> start_tls(TlsClientOptions options, std::string server_name) override;
  Task<Result<size_t>> read(char* data, size_t size) override;
  Task<Result<>> write(std::string_view data) override;
  std::optional<TlsState> tls_state() const override {
    if (!tls_) return std::nullopt;
    return read_tls_state(tls_->native_handle(), is_verified_);
  }

 private:
  struct StopHandler {
    std::shared_ptr<Line> line;
    AnyExecutor strand;
    void operator()() const {
      asio::post(strand, [kept = line] { kept->end(kept->is_stopped); });
    }
  };

  std::unexpected<Error> problem(std::string_view what, const error_code& error) const {
    if (line_->is_stopped) return fail("context canceled", ErrorKind::stopped);
    if (line_->is_expired) return fail(fmt::format("{}: i/o timeout", what), ErrorKind::timeout);
    return fail(fmt::format("{}: {}", what, error_text(error)));
  }

  std::shared_ptr<Line> line_;
  std::stop_callback<StopHandler> on_stop_;
  std::unique_ptr<asio::ssl::context> context_;
  std::unique_ptr<asio::ssl::stream<Protocol::socket&>> tls_;
  bool is_verified_ = false;
};

Result<Protocol::endpoint> endpoint_of(const ConnectOptions& options) {
  if (!options.unix_socket.empty()) {
    try {
      return Protocol::endpoint(asio::local::stream_protocol::endpoint(options.unix_socket));
    } catch (const boost::system::system_error&) {  // Only for a path that is too long.
      return fail("dial unix " + options.unix_socket + ": name too long", ErrorKind::invalid);
    }
  }
  error_code error;
  const auto address = asio::ip::make_address(options.address, error);
  if (error) return fail("not an IP address: " + options.address, ErrorKind::invalid);
  return Protocol::endpoint(asio::ip::tcp::endpoint(address, options.port));
}

Task<Result<>> Connection::open(ConnectOptions options) {
  CO_TRY(const Protocol::endpoint endpoint, endpoint_of(options));
  std::string what = "dial unix " + options.unix_socket;
  if (options.unix_socket.empty()) {
    what = fmt::format(
        fmt::runtime(options.address.contains(':') ? "dial tcp [{}]:{}" : "dial tcp {}:{}"),
        options.address, options.port);
  }
  error_code error;
  line_->socket.open(endpoint.protocol(), error);
  if (!error && !options.source_address.empty()) {
    const auto source = asio::ip::make_address(options.source_address, error);
    if (!error) {
      line_->socket.bind(Protocol::endpoint(asio::ip::tcp::endpoint(source, 0)), error);
    }
  }
  if (error) co_return problem(what, error);
  co_await line_->socket.async_connect(endpoint, asio::redirect_error(asio::use_awaitable, error));
  if (error) co_return problem(what + ": connect", error);
  co_return Result<>();
}

Task<Result<>> Connection::start_tls(TlsClientOptions options, std::string server_name) {
  is_verified_ = !options.insecure_skip_verify;
  if (!options.server_name.empty()) server_name = options.server_name;
  CO_TRY(void* const native, make_client_context(options));
  // Owns it from here on.
  context_ = std::make_unique<asio::ssl::context>(static_cast<SSL_CTX*>(native));
  tls_ = std::make_unique<asio::ssl::stream<Protocol::socket&>>(line_->socket, *context_);
  CO_TRY(set_server_name(tls_->native_handle(), server_name, is_verified_));
  error_code error;
  co_await tls_->async_handshake(asio::ssl::stream_base::client,
                                 asio::redirect_error(asio::use_awaitable, error));
  if (!error) co_return Result<>();
  const long verdict = SSL_get_verify_result(tls_->native_handle());
  ERR_clear_error();
  if (is_verified_ && verdict != X509_V_OK) {
    co_return fail(fmt::format("tls: failed to verify certificate: x509: {}",
                               X509_verify_cert_error_string(verdict)));
  }
  co_return problem("tls", error);
}

Task<Result<size_t>> Connection::read(char* data, size_t size) {
  error_code error;
  const auto buffer = asio::buffer(data, size);
  size_t got = 0;
  if (tls_) {
    got = co_await tls_->async_read_some(buffer, asio::redirect_error(asio::use_awaitable, error));
  } else {
    got = co_await line_->socket.async_read_some(buffer,
                                                 asio::redirect_error(asio::use_awaitable, error));
  }
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) co_return size_t{0};
  if (error) co_return problem("read", error);
  co_return got;
}

Task<Result<>> Connection::write(std::string_view data) {
  error_code error;
  if (tls_) {
    co_await asio::async_write(*tls_, asio::buffer(data),
                               asio::redirect_error(asio::use_awaitable, error));
  } else {
    co_await asio::async_write(line_->socket, asio::buffer(data),
                               asio::redirect_error(asio::use_awaitable, error));
  }
  if (error) co_return problem("write", error);
  co_return Result<>();
}

}  // namespace

Task<Result<std::unique_ptr<ClientConnection>>> ClientConnection::connect(ConnectOptions options,
                                                                          SteadyTime deadline,
                                                                          StopToken stop) {
  const AnyExecutor strand = co_await asio::this_coro::executor;
  auto connection = std::make_unique<Connection>(strand, deadline, std::move(stop));
  CO_TRY(co_await connection->open(std::move(options)));
  co_return std::unique_ptr<ClientConnection>(std::move(connection));
}

}  // namespace alloy::net
