#include "net/http2_peer.h"

#include <unordered_map>

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <nghttp2/nghttp2.h>
#include <openssl/ssl.h>

#include "base/clock.h"
#include "net/deadline.h"
#include "net/system_error.h"

namespace alloy::net {
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr size_t read_size = 16 << 10;
// Most connections are quiet, and there may be many: they begin with this much, and give back more.
constexpr size_t quiet_size = 1 << 10;
// What a peer may send ahead of us, for one call and for all.
constexpr int32_t stream_window = 4 << 20;
constexpr int32_t connection_window = 16 << 20;

nghttp2_nv make_field(std::string_view name, std::string_view value) {
  return {reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
          reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(),
          NGHTTP2_NV_FLAG_NONE};
}

// The bytes of a connection, plain or through TLS.
class Wire {
 public:
  explicit Wire(tcp::socket socket) : plain_(std::move(socket)) {}

  tcp::socket& socket() { return secure_ ? secure_->next_layer() : plain_; }
  bool is_secure() const { return secure_ != nullptr; }

  Task<Result<void>> handshake(std::shared_ptr<const TlsPeerContext> tls, std::string ip) {
    context_ = std::move(tls);
    // The stream takes over the context's handle and gives it back when it is destroyed.
    auto* native = static_cast<SSL_CTX*>(context_->native());
    SSL_CTX_up_ref(native);
    asio::ssl::context borrowed(native);
    secure_ = std::make_unique<asio::ssl::stream<tcp::socket>>(std::move(plain_), borrowed);
    CO_TRY(context_->prepare(secure_->native_handle(), ip));
    error_code error;
    co_await secure_->async_handshake(asio::ssl::stream_base::client,
                                      asio::redirect_error(asio::use_awaitable, error));
    if (error) {
      const long verdict = SSL_get_verify_result(secure_->native_handle());
      co_return fail(verdict == X509_V_OK ? error.message()
                                          : X509_verify_cert_error_string(verdict));
    }
    const unsigned char* protocol = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(secure_->native_handle(), &protocol, &size);
    if (std::string_view(reinterpret_cast<const char*>(protocol), size) != "h2")
      co_return fail("tls: the other side doesn't speak HTTP/2");
    co_return Result<void>{};
  }

  Task<size_t> read_some(char* data, size_t size, error_code& error) {
    const auto buffer = asio::buffer(data, size);
    if (secure_)
      co_return co_await secure_->async_read_some(buffer,
                                                  asio::redirect_error(asio::use_awaitable, error));
    co_return co_await plain_.async_read_some(buffer,
                                              asio::redirect_error(asio::use_awaitable, error));
  }

  Task<> write(const std::string& data, error_code& error) {
    if (secure_)
      co_await asio::async_write(*secure_, asio::buffer(data),
                                 asio::redirect_error(asio::use_awaitable, error));
    else
      co_await asio::async_write(plain_, asio::buffer(data),
                                 asio::redirect_error(asio::use_awaitable, error));
  }

 private:
  tcp::socket plain_;
  std::shared_ptr<const TlsPeerContext> context_;
  std::unique_ptr<asio::ssl::stream<tcp::socket>> secure_;
};

// What a call and its connection share.
struct CallState {
  int32_t id = -1;
  std::string out;
  bool out_ended = false;
  std::string in;
  bool in_ended = false;
  int status = 0;
  std::optional<std::string> broken;
  Event changed;
};

class Connection final : public Http2Peer, public std::enable_shared_from_this<Connection> {
 public:
  Connection(AnyExecutor strand, std::unique_ptr<Wire> wire, std::string authority)
      : strand_(std::move(strand)), wire_(std::move(wire)), authority_(std::move(authority)) {}
  ~Connection() override { nghttp2_session_del(session_); }

  void start();
  bool is_open() const override {
    return !closed_ && nghttp2_session_check_request_allowed(session_) != 0;
  }
  std::unique_ptr<Http2Call> call(std::string_view method, std::string_view path,
                                  const Headers& headers) override;
  void on_lost(std::function<void()> lost) override { lost_ = std::move(lost); }
  void close() override {
    lost_ = nullptr;
    break_off("connection closed");
    error_code ignored;
    wire_->socket().close(ignored);
  }

  void resume(CallState& call) {
    if (closed_ || call.id < 0) return;
    nghttp2_session_resume_data(session_, call.id);
    work_.notify();
  }
  void cancel(const CallState& call) {
    if (closed_ || !calls_.contains(call.id)) return;
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, call.id, NGHTTP2_CANCEL);
    work_.notify();
  }

 private:
  friend struct Callbacks;
  Task<> read_loop();
  Task<> write_loop();
  void break_off(const std::string& why);
  void lose();
  CallState* find(int32_t id) {
    const auto at = calls_.find(id);
    return at == calls_.end() ? nullptr : at->second.get();
  }

  AnyExecutor strand_;
  std::unique_ptr<Wire> wire_;
  std::string authority_;
  nghttp2_session* session_ = nullptr;
  std::unordered_map<int32_t, std::shared_ptr<CallState>> calls_;
  Event work_;
  bool closed_ = false;
  std::function<void()> lost_;
};

struct Callbacks {
  static Connection& self(void* user) { return *static_cast<Connection*>(user); }

  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name,
                       size_t name_size, const uint8_t* value, size_t value_size, uint8_t,
                       void* user) {
    CallState* call = self(user).find(frame->hd.stream_id);
    const std::string_view field(reinterpret_cast<const char*>(name), name_size);
    if (call && field == ":status")
      call->status =
          std::atoi(std::string(reinterpret_cast<const char*>(value), value_size).c_str());
    return 0;
  }

  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    CallState* call = self(user).find(frame->hd.stream_id);
    if (!call) return 0;
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
    if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) call->in_ended = true;
    call->changed.notify();
    return 0;
  }

  static int on_data(nghttp2_session*, uint8_t, int32_t id, const uint8_t* data, size_t size,
                     void* user) {
    if (CallState* call = self(user).find(id)) {
      call->in.append(reinterpret_cast<const char*>(data), size);
      call->changed.notify();
    }
    return 0;
  }

  // A reset without an error after the end of the answer is a clean end (RFC 9113, section 8.1).
  static int on_close(nghttp2_session*, int32_t id, uint32_t error_code, void* user) {
    Connection& connection = self(user);
    const auto at = connection.calls_.find(id);
    if (at == connection.calls_.end()) return 0;
    CallState& call = *at->second;
    if (error_code == NGHTTP2_NO_ERROR)
      call.in_ended = true;
    else if (!call.in_ended)
      call.broken = fmt::format("stream reset: {}", nghttp2_http2_strerror(error_code));
    call.changed.notify();
    connection.calls_.erase(at);
    return 0;
  }

  static ssize_t read_body(nghttp2_session*, int32_t id, uint8_t* out, size_t size, uint32_t* flags,
                           nghttp2_data_source*, void* user) {
    CallState* call = self(user).find(id);
    if (!call) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    const size_t taken = std::min(size, call->out.size());
    std::memcpy(out, call->out.data(), taken);
    call->out.erase(0, taken);
    if (call->out.empty() && call->out_ended)
      *flags |= NGHTTP2_DATA_FLAG_EOF;
    else if (taken == 0)
      return NGHTTP2_ERR_DEFERRED;
    return static_cast<ssize_t>(taken);
  }
};

class Call final : public Http2Call {
 public:
  Call(std::shared_ptr<Connection> connection, std::shared_ptr<CallState> state)
      : connection_(std::move(connection)), state_(std::move(state)) {}
  ~Call() override {
    if (!state_->in_ended || !state_->out_ended) connection_->cancel(*state_);
  }

  Task<Result<int>> status(Duration timeout) override {
    const SteadyTime deadline = real_clock().steady() + timeout;
    while (state_->status == 0) {
      if (state_->broken) co_return fail(*state_->broken);
      if (state_->in_ended) co_return fail("answer without a status");
      CO_TRY(co_await wait_until(deadline));
    }
    co_return state_->status;
  }

  void write(std::string_view piece) override {
    state_->out += piece;
    connection_->resume(*state_);
  }

  void finish() override {
    state_->out_ended = true;
    connection_->resume(*state_);
  }

  Task<Result<std::string>> read(Duration timeout) override {
    const SteadyTime deadline = real_clock().steady() + timeout;
    while (state_->in.empty()) {
      if (state_->in_ended) co_return std::string();
      if (state_->broken) co_return fail(*state_->broken);
      CO_TRY(co_await wait_until(deadline));
    }
    co_return std::exchange(state_->in, {});
  }

 private:
  Task<Result<void>> wait_until(SteadyTime deadline) {
    const Wake wake = co_await state_->changed.wait(StopToken{}, deadline - real_clock().steady());
    if (wake == Wake::elapsed) co_return fail("context deadline exceeded", ErrorKind::timeout);
    co_return Result<void>{};
  }

  std::shared_ptr<Connection> connection_;
  std::shared_ptr<CallState> state_;
};

void Connection::start() {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::on_header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Callbacks::on_frame);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::on_data);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Callbacks::on_close);
  nghttp2_session_client_new(&session_, callbacks, this);
  nghttp2_session_callbacks_del(callbacks);
  const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
                                             {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, stream_window}};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, std::size(settings));
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, connection_window);
  const auto self = shared_from_this();
  for (const auto loop : {&Connection::read_loop, &Connection::write_loop})
    asio::co_spawn(strand_, (this->*loop)(), [self](const std::exception_ptr&) {});
}

std::unique_ptr<Http2Call> Connection::call(std::string_view method, std::string_view path,
                                            const Headers& headers) {
  auto state = std::make_shared<CallState>();
  std::vector<nghttp2_nv> fields = {
      make_field(":method", method), make_field(":scheme", wire_->is_secure() ? "https" : "http"),
      make_field(":authority", authority_), make_field(":path", path)};
  for (const Header& field : headers) fields.push_back(make_field(field.name, field.value));
  const nghttp2_data_provider provider{{}, Callbacks::read_body};
  if (!closed_)
    state->id =
        nghttp2_submit_request(session_, nullptr, fields.data(), fields.size(), &provider, nullptr);
  if (state->id < 0) {
    state->broken = "connection closed";
  } else {
    calls_.emplace(state->id, state);
    work_.notify();
  }
  return std::make_unique<Call>(shared_from_this(), std::move(state));
}

void Connection::break_off(const std::string& why) {
  closed_ = true;
  for (const auto& [id, call] : calls_) {
    if (!call->in_ended) call->broken = why;
    call->changed.notify();
  }
  calls_.clear();
  work_.notify();
}

void Connection::lose() {
  if (closed_) return;
  const auto lost = std::exchange(lost_, nullptr);
  close();
  if (lost) lost();
}

Task<> Connection::read_loop() {
  std::string buffer(quiet_size, '\0');
  while (!closed_) {
    error_code error;
    const size_t got = co_await wire_->read_some(buffer.data(), buffer.size(), error);
    if (error || closed_) break;
    const ssize_t used =
        nghttp2_session_mem_recv(session_, reinterpret_cast<const uint8_t*>(buffer.data()), got);
    work_.notify();
    if (used < 0) break;
    if (got == buffer.size()) buffer.resize(read_size);
  }
  lose();
}

Task<> Connection::write_loop() {
  std::string out;
  while (!closed_) {
    out.clear();
    const uint8_t* data = nullptr;
    ssize_t size;
    while ((size = nghttp2_session_mem_send(session_, &data)) > 0)
      out.append(reinterpret_cast<const char*>(data), static_cast<size_t>(size));
    if (size < 0) break;
    if (out.empty()) {
      co_await work_.wait(StopToken{});
      continue;
    }
    error_code error;
    co_await wire_->write(out, error);
    if (error) break;
  }
  lose();
}

}  // namespace

Task<Result<std::shared_ptr<Http2Peer>>> Http2Peer::connect(
    AnyExecutor strand, std::string ip, uint16_t port, Duration timeout,
    std::shared_ptr<const TlsPeerContext> tls) {
  error_code error;
  const asio::ip::address address = asio::ip::make_address(ip, error);
  if (error) co_return fail(fmt::format("{} is not an IP address", ip), ErrorKind::invalid);
  const std::string authority =
      address.is_v6() ? fmt::format("[{}]:{}", ip, port) : fmt::format("{}:{}", ip, port);
  auto wire = std::make_unique<Wire>(tcp::socket(strand));
  bool expired = false;
  Deadline deadline(strand, [&] {
    expired = true;
    error_code ignored;
    wire->socket().close(ignored);
  });
  deadline.set(timeout);
  co_await wire->socket().async_connect({address, port},
                                        asio::redirect_error(asio::use_awaitable, error));
  Result<void> secured;
  if (!error && tls) secured = co_await wire->handshake(std::move(tls), ip);
  deadline.clear();
  if (expired)
    co_return fail(fmt::format("dial tcp {}: i/o timeout", authority), ErrorKind::timeout);
  if (error)
    co_return fail(
        fmt::format("dial tcp {}: connect: {}", authority, errno_text(error.value())),
        error == asio::error::connection_refused ? ErrorKind::not_found : ErrorKind::failed);
  if (!secured) co_return std::unexpected(std::move(secured).error());
  wire->socket().set_option(tcp::no_delay(true), error);
  const auto connection = std::make_shared<Connection>(strand, std::move(wire), authority);
  connection->start();
  co_return connection;
}

}  // namespace alloy::net
