#include "net/transport.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <fmt/format.h>
#include <openssl/ssl.h>

#include "net/deadline.h"
#include "net/system_error.h"

namespace alloy::net {
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

// How long to go on reading, for the whole of it and for TLS to say goodbye.
constexpr Duration linger_timeout = 1s;
constexpr Duration goodbye_timeout = 100ms;
constexpr size_t goodbye_bytes_max = 256 << 10;

std::string address_text(const tcp::socket& socket) {
  error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  if (error) return "";
  const std::string address = endpoint.address().to_string();
  return endpoint.address().is_v6() ? fmt::format("[{}]:{}", address, endpoint.port())
                                    : fmt::format("{}:{}", address, endpoint.port());
}

std::unexpected<Error> io_error(std::string_view what, const error_code& error, bool timed_out) {
  if (timed_out) return fail(fmt::format("{}: i/o timeout", what), ErrorKind::timeout);
  if (error.category() == boost::system::system_category()) {
    return fail(fmt::format("{}: {}", what, errno_text(error.value())));
  }
  return fail(fmt::format("{}: {}", what, error.message()));
}

// `Stream` is tcp::socket or an ssl::stream over one.
template <class Stream>
class StreamTransport : public Transport {
 public:
  template <class... Arguments>
  StreamTransport(AnyExecutor strand, std::string remote, Arguments&&... arguments)
      : stream_(std::forward<Arguments>(arguments)...),
        remote_(std::move(remote)),
        read_deadline_(strand, [this] { expire(read_expired_); }),
        write_deadline_(strand, [this] { expire(write_expired_); }) {}

  Task<Result<size_t>> read(char* data, size_t size, Duration timeout) override {
    error_code error;
    read_expired_ = false;
    read_deadline_.set(timeout);
    const size_t got = co_await stream_.async_read_some(
        asio::buffer(data, size), asio::redirect_error(asio::use_awaitable, error));
    read_deadline_.clear();
    if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) {
      co_return size_t{0};
    }
    if (error) co_return io_error("read", error, read_expired_);
    co_return got;
  }

  Task<Result<void>> write(std::string_view first, std::string_view second,
                           Duration timeout) override {
    write_expired_ = false;
    while (!first.empty() || !second.empty()) {
      const std::array<asio::const_buffer, 2> buffers{asio::buffer(first), asio::buffer(second)};
      error_code error;
      write_deadline_.set(timeout);
      size_t sent = co_await stream_.async_write_some(
          buffers, asio::redirect_error(asio::use_awaitable, error));
      write_deadline_.clear();
      if (error) co_return io_error("write", error, write_expired_);
      const size_t of_first = std::min(sent, first.size());
      first.remove_prefix(of_first);
      second.remove_prefix(sent - of_first);
    }
    co_return Result<void>{};
  }

  Task<> shut_down(Goodbye goodbye) override {
    co_await say_goodbye();
    error_code ignored;
    socket().shutdown(tcp::socket::shutdown_send, ignored);
    char scrap[4096];
    for (size_t total = 0; goodbye == Goodbye::lingering && total < goodbye_bytes_max;) {
      const auto got = co_await read_plain(scrap, sizeof scrap);
      if (!got || *got == 0) break;
      total += *got;
    }
    close();
  }

  void cancel() override {
    error_code ignored;
    socket().cancel(ignored);
  }

  // Whoever holds this longest may do so on another strand: no timer may be left.
  void close() override {
    error_code ignored;
    socket().close(ignored);
    read_deadline_.stop();
    write_deadline_.stop();
  }

  const std::string& remote_address() const override { return remote_; }

 protected:
  virtual tcp::socket& socket() = 0;
  virtual Task<> say_goodbye() = 0;

  // Past TLS: these bytes are thrown away.
  Task<Result<size_t>> read_plain(char* data, size_t size) {
    error_code error;
    read_expired_ = false;
    read_deadline_.set(linger_timeout);
    const size_t got = co_await socket().async_read_some(
        asio::buffer(data, size), asio::redirect_error(asio::use_awaitable, error));
    read_deadline_.clear();
    if (error) co_return io_error("read", error, read_expired_);
    co_return got;
  }

  void expire(bool& flag) {
    flag = true;
    cancel();
  }

  Stream stream_;
  std::string remote_;
  bool read_expired_ = false;
  bool write_expired_ = false;
  Deadline read_deadline_;
  Deadline write_deadline_;
};

class PlainTransport final : public StreamTransport<tcp::socket> {
 public:
  using StreamTransport::StreamTransport;
  Task<Result<void>> handshake(Duration) override { co_return Result<void>{}; }
  bool is_secure() const override { return false; }
  bool negotiated_http2() const override { return false; }
  std::string client_common_name() const override { return ""; }

 protected:
  tcp::socket& socket() override { return stream_; }
  Task<> say_goodbye() override { co_return; }
};

// Asio wants a context of its own; it only takes part in owning the SSL_CTX.
asio::ssl::context shared_context(const TlsContext& tls) {
  auto* native = static_cast<SSL_CTX*>(tls.native());
  SSL_CTX_up_ref(native);
  return asio::ssl::context(native);
}

class TlsTransport final : public StreamTransport<asio::ssl::stream<tcp::socket>> {
 public:
  TlsTransport(AnyExecutor strand, std::string remote, tcp::socket socket,
               asio::ssl::context context)
      : StreamTransport(std::move(strand), std::move(remote), std::move(socket), context) {}

  Task<Result<void>> handshake(Duration timeout) override {
    error_code error;
    read_expired_ = false;
    read_deadline_.set(timeout);
    co_await socket().async_wait(tcp::socket::wait_read,
                                 asio::redirect_error(asio::use_awaitable, error));
    char first = 0;
    if (!error) socket().receive(asio::buffer(&first, 1), tcp::socket::message_peek, error);
    // A TLS record of a handshake starts with 22; a method of HTTP with a letter.
    if (!error && first >= 'A' && first <= 'Z') {
      read_deadline_.clear();
      static constexpr std::string_view answer =
          "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";
      co_await asio::async_write(socket(), asio::buffer(answer),
                                 asio::redirect_error(asio::use_awaitable, error));
      co_return fail("tls: client sent an HTTP request to an HTTPS server");
    }
    if (!error) {
      co_await stream_.async_handshake(asio::ssl::stream_base::server,
                                       asio::redirect_error(asio::use_awaitable, error));
    }
    read_deadline_.clear();
    if (error) co_return io_error("tls", error, read_expired_);
    co_return Result<void>{};
  }

  bool is_secure() const override { return true; }

  bool negotiated_http2() const override {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(native(), &name, &size);
    return std::string_view(reinterpret_cast<const char*>(name), size) == "h2";
  }

  std::string client_common_name() const override {
    if (SSL_get_verify_result(native()) != X509_V_OK) return "";
    X509* certificate = SSL_get0_peer_certificate(native());
    if (!certificate) return "";
    char name[256] = "";
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name,
                              sizeof name);
    return name;
  }

 protected:
  tcp::socket& socket() override { return stream_.next_layer(); }

  Task<> say_goodbye() override {
    // Only sends ours: waiting for the peer's close_notify is not required (RFC 8446, 6.1).
    SSL_set_quiet_shutdown(native(), 0);
    error_code ignored;
    write_deadline_.set(goodbye_timeout);
    read_deadline_.set(goodbye_timeout);
    co_await stream_.async_shutdown(asio::redirect_error(asio::use_awaitable, ignored));
    write_deadline_.clear();
    read_deadline_.clear();
  }

 private:
  SSL* native() const {
    return const_cast<asio::ssl::stream<tcp::socket>&>(stream_).native_handle();
  }
};

}  // namespace

std::shared_ptr<Transport> Transport::create(AnyExecutor strand, tcp::socket socket,
                                             std::shared_ptr<TlsContext> tls) {
  std::string remote = address_text(socket);
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  if (!tls) {
    return std::make_shared<PlainTransport>(std::move(strand), std::move(remote),
                                            std::move(socket));
  }
  return std::make_shared<TlsTransport>(std::move(strand), std::move(remote), std::move(socket),
                                        shared_context(*tls));
}

}  // namespace alloy::net
