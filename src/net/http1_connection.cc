#include "net/http1_connection.h"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>

namespace alloy::net {
namespace asio = boost::asio;

namespace {

// How much is asked of the socket at once: of a body, and of a head, for which many connections may
// be waiting.
constexpr size_t read_size = 16 << 10;
constexpr size_t head_read_size = 4 << 10;
// How much memory a body gets on its sender's word; more as it really comes.
constexpr size_t body_step_max = 1 << 20;

bool allows_body(int status) { return status >= 200 && status != 204 && status != 304; }

}  // namespace

// Reads through to the connection as long as its request is the current one.
class Http1Connection::Body final : public BodyReader {
 public:
  explicit Body(std::shared_ptr<Http1Connection> connection)
      : connection_(std::move(connection)), number_(connection_->request_number_) {}

  Task<Result<std::string>> read() override {
    if (number_ != connection_->request_number_) co_return closed();
    co_return co_await connection_->read_body();
  }
  Task<Result<std::string>> read_all(size_t size_max) override {
    if (number_ != connection_->request_number_) co_return closed();
    co_return co_await connection_->read_whole_body(size_max);
  }
  void set_timeout(Duration timeout) override {
    if (number_ == connection_->request_number_) connection_->body_timeout_ = timeout;
  }
  std::optional<uint64_t> size() const override {
    if (connection_->head_.is_chunked) return std::nullopt;
    return connection_->head_.content_length.value_or(0);
  }
  const Headers& trailers() const override { return connection_->chunks_.trailers(); }

 private:
  static std::unexpected<Error> closed() { return fail("http: invalid Read on closed Body"); }

  std::shared_ptr<Http1Connection> connection_;
  uint64_t number_;
};

class Http1Connection::Writer final : public BodyWriter {
 public:
  Writer(std::shared_ptr<Http1Connection> connection, bool is_chunked)
      : connection_(std::move(connection)),
        number_(connection_->request_number_),
        is_chunked_(is_chunked) {}

  Task<Result<void>> write(std::string chunk) override {
    if (number_ != connection_->request_number_) co_return fail("http: response is finished");
    if (chunk.empty()) co_return Result<void>{};
    std::string prefix;
    if (is_chunked_) {
      prefix = fmt::format("{:x}\r\n", chunk.size());
      chunk += "\r\n";
    }
    co_return co_await connection_->send(prefix, chunk);
  }

  void set_trailers(Headers trailers) override { trailers_ = std::move(trailers); }

  Task<Result<void>> finish() {
    if (!is_chunked_) co_return Result<void>{};
    std::string end = "0\r\n";
    for (const Header& field : trailers_) {
      end += fmt::format("{}: {}\r\n", field.name, clean_field_value(field.value));
    }
    end += "\r\n";
    co_return co_await connection_->send(end, {});
  }

 private:
  std::shared_ptr<Http1Connection> connection_;
  uint64_t number_;
  bool is_chunked_;
  Headers trailers_;
};

Http1Connection::Http1Connection(std::shared_ptr<ServerContext> context,
                                 std::shared_ptr<Transport> transport)
    : context_(std::move(context)), transport_(std::move(transport)) {}

void Http1Connection::consume(size_t size) {
  in_begin_ += size;
  if (in_begin_ == in_.size()) {
    in_.clear();
    in_begin_ = 0;
  }
}

Task<> Http1Connection::run(std::string initial) {
  in_ = std::move(initial);
  const AnyExecutor strand = co_await asio::this_coro::executor;
  std::stop_callback on_drain(context_->drain.get_token(), [self = weak_from_this(), strand] {
    asio::post(strand, [self] {
      const auto alive = self.lock();
      if (!alive) return;
      alive->is_draining_ = true;
      if (alive->is_idle_) alive->transport_->cancel();
    });
  });
  Next next = Next::request;
  while (next == Next::request) {
    auto head = co_await read_head();
    if (!head) {
      if (was_refused_) next = Next::linger;
      break;
    }
    next = co_await serve(*std::move(head));
  }
  ++request_number_;
  stop_.request_stop();
  if (next == Next::abort) {
    transport_->close();
  } else {
    co_await transport_->shut_down(next == Next::linger ? Transport::Goodbye::lingering
                                                        : Transport::Goodbye::plain);
  }
}

// Reads more into in_. An end of input is an error too.
Task<Result<void>> Http1Connection::fill(size_t size, Duration timeout) {
  if (in_begin_ > 0) {
    in_.erase(0, in_begin_);
    in_begin_ = 0;
  }
  const size_t before = in_.size();
  in_.resize(before + size);
  auto got = co_await transport_->read(in_.data() + before, size, timeout);
  in_.resize(before + (got ? *got : 0));
  if (!got) co_return std::unexpected(std::move(got).error());
  if (*got == 0) co_return fail("unexpected EOF");
  context_->stats.received_bytes_total += *got;
  co_return Result<void>{};
}

Task<std::optional<Http1Head>> Http1Connection::read_head() {
  size_t scanned = 0;
  SteadyTime started = real_clock().steady();
  while (true) {
    // Empty lines before a request are skipped (RFC 9112, section 2.2).
    while (scanned == 0 && (buffered().starts_with('\r') || buffered().starts_with('\n'))) {
      consume(1);
    }
    const size_t size = find_head_end(buffered(), scanned);
    if (size > context_->options.head_bytes_max ||
        (size == 0 && buffered().size() > context_->options.head_bytes_max)) {
      co_await refuse(431, Rejection::head_too_large, "request header too large");
      co_return std::nullopt;
    }
    if (size > 0) {
      auto head = parse_http1_head(buffered().substr(0, size));
      if (!head) {
        const ErrorKind kind = head.error().kind();
        const int status = kind == ErrorKind::not_found ? 505 : kind == ErrorKind::full ? 501 : 400;
        co_await refuse(status, Rejection::malformed, head.error().message());
        co_return std::nullopt;
      }
      consume(size);
      co_return *std::move(head);
    }
    if (!can_begin_request(buffered())) {
      co_await refuse(400, Rejection::malformed, "not an HTTP request");
      co_return std::nullopt;
    }
    // Between requests a client may be silent for long; once it has begun it must come to an end.
    const bool was_empty = buffered().empty();
    is_idle_ = was_empty && request_number_ > 0;
    if (is_idle_ && is_draining_) co_return std::nullopt;
    const HttpServerOptions& options = context_->options;
    if (was_empty && in_.capacity() > 2 * head_read_size) std::string().swap(in_);
    auto filled =
        co_await fill(head_read_size, is_idle_ ? options.idle_timeout : options.head_timeout);
    const bool was_idle = std::exchange(is_idle_, false);
    const SteadyTime now = real_clock().steady();
    if (was_empty) started = now;
    const bool timed_out = !filled && filled.error().kind() == ErrorKind::timeout;
    if (!was_empty && (timed_out || now - started > options.head_timeout)) {
      co_await refuse(408, Rejection::head_timeout, "request header timeout");
      co_return std::nullopt;
    }
    if (timed_out && !was_idle) {
      context_->reject(Rejection::head_timeout, transport_->remote_address(), "no request");
    }
    if (!filled) co_return std::nullopt;
    if (was_empty) scanned = 0;
  }
}

Task<> Http1Connection::refuse(int status, Rejection reason, std::string detail) {
  was_refused_ = true;
  context_->reject(reason, transport_->remote_address(), detail);
  const std::string text = fmt::format("{} {}", status, status_text(status));
  co_await send(fmt::format("HTTP/1.1 {0}\r\nContent-Type: text/plain; charset=utf-8\r\n"
                            "Connection: close\r\n\r\n{0}",
                            text),
                {});
}

Task<Result<void>> Http1Connection::send(std::string_view first, std::string_view second) {
  auto sent = co_await transport_->write(first, second, context_->options.write_timeout);
  if (sent) {
    response_bytes_ += first.size() + second.size();
    context_->stats.sent_bytes_total += first.size() + second.size();
    co_return sent;
  }
  if (sent.error().kind() == ErrorKind::timeout) {
    context_->reject(Rejection::write_timeout, transport_->remote_address(),
                     sent.error().message());
  }
  stop_.request_stop();
  co_return sent;
}

Task<Http1Connection::Next> Http1Connection::serve(Http1Head head) {
  const SteadyTime started = real_clock().steady();
  ++request_number_;
  head_ = std::move(head);
  stop_ = StopSource();
  body_timeout_ = context_->options.body_timeout;
  sent_continue_ = false;
  body_failed_ = false;
  body_received_ = 0;
  chunks_ = {};
  response_bytes_ = 0;
  std::stop_callback on_abort(context_->abort.get_token(),
                              [source = stop_]() mutable { source.request_stop(); });

  ServerRequest request;
  request.method = head_.method;
  request.host = head_.headers.get("Host");
  request.scheme = transport_->is_secure() ? "https" : "http";
  request.remote_address = transport_->remote_address();
  request.stop = stop_.get_token();
  if (!set_target(request, head_.target)) {
    co_await refuse(400, Rejection::malformed, "invalid request target");
    co_return Next::linger;
  }
  const uint64_t body_max = context_->options.body_bytes_max;
  if (body_max != 0 && head_.content_length.value_or(0) > body_max) {
    co_await refuse(413, Rejection::body_too_large, "request body too large");
    co_return Next::linger;
  }
  if (transport_->is_secure()) request.client_common_name = transport_->client_common_name();
  request.headers = std::move(head_.headers);
  request.body = std::make_unique<Body>(shared_from_this());
  const std::string path = request.path;

  ServerResponse response = co_await call_handler(context_, std::move(request));
  const int status = response.status;
  // A streamed answer may be made from the body as it comes; otherwise the body's time is over.
  const bool is_read = response.stream || discard_buffered_body();
  const bool keep_alive = head_.keep_alive && !is_draining_ && is_read;
  Next next = co_await answer(std::move(response), keep_alive);
  if (next != Next::abort && !discard_buffered_body()) next = Next::linger;
  ++request_number_;  // Whoever still holds the body reads no more.
  context_->record({.method = head_.method,
                    .path = path,
                    .remote_address = transport_->remote_address(),
                    .http_major = 1,
                    .status = status,
                    .response_bytes = response_bytes_,
                    .duration = real_clock().steady() - started});
  co_return next;
}

std::string Http1Connection::make_head(const ServerResponse& response, bool keep_alive,
                                       bool is_stream) const {
  std::string head =
      fmt::format("HTTP/1.1 {} {}\r\n", response.status, status_text(response.status));
  for (const Header& field : response.headers) {
    if (!is_stream && equals_ignoring_case(field.name, "Content-Length")) continue;
    head += field.name;
    head += ": ";
    head += clean_field_value(field.value);
    head += "\r\n";
  }
  if (!response.headers.contains("Date")) head += fmt::format("Date: {}\r\n", http_date());
  if (!is_stream && allows_body(response.status)) {
    head += fmt::format("Content-Length: {}\r\n", response.body.size());
  }
  if (!keep_alive) {
    head += "Connection: close\r\n";
  } else if (head_.minor_version == 0) {
    head += "Connection: keep-alive\r\n";
  }
  return head;
}

Task<Http1Connection::Next> Http1Connection::answer(ServerResponse response, bool keep_alive) {
  Result<void> sent;
  if (response.stream && allows_body(response.status)) {
    const bool has_length = response.headers.contains("Content-Length");
    if (!has_length && head_.minor_version == 0) keep_alive = false;
    std::string head = make_head(response, keep_alive, /*is_stream=*/true);
    sent = co_await stream_body(&response, std::move(head));
  } else {
    const std::string head = make_head(response, keep_alive, /*is_stream=*/false) + "\r\n";
    const bool has_body = allows_body(response.status) && head_.method != "HEAD";
    sent = co_await send(head, has_body ? std::string_view(response.body) : std::string_view());
  }
  if (!sent) co_return Next::abort;
  co_return keep_alive ? Next::request : Next::close;
}

Task<Result<void>> Http1Connection::stream_body(const ServerResponse* response, std::string head) {
  const bool is_chunked = !response->headers.contains("Content-Length") && head_.minor_version == 1;
  if (is_chunked) head += "Transfer-Encoding: chunked\r\n";
  head += "\r\n";
  CO_TRY(co_await send(head, {}));
  if (head_.method == "HEAD") co_return Result<void>{};
  const auto writer = std::make_shared<Writer>(shared_from_this(), is_chunked);
  Result<void> streamed;
  try {
    streamed = co_await response->stream(writer);
  } catch (const std::exception& thrown) {
    context_->reject(Rejection::handler_failed, transport_->remote_address(), thrown.what());
    streamed = fail(thrown.what());
  }
  if (streamed) streamed = co_await writer->finish();
  co_return streamed;
}

bool Http1Connection::discard_buffered_body() {
  if (body_failed_) return false;
  if (head_.is_chunked) {
    std::string_view data = buffered();
    const size_t before = data.size();
    std::string scrap;
    if (!chunks_.is_done() && !chunks_.decode(data, scrap, SIZE_MAX)) return false;
    consume(before - data.size());
    return chunks_.is_done();
  }
  const uint64_t left = head_.content_length.value_or(0) - body_received_;
  if (left > buffered().size()) return false;
  body_received_ += left;
  consume(left);
  return true;
}

Result<void> Http1Connection::count_body(size_t size) {
  body_received_ += size;
  const uint64_t body_max = context_->options.body_bytes_max;
  if (body_max != 0 && body_received_ > body_max) {
    return body_error(Error("http: request body too large", ErrorKind::full));
  }
  return {};
}

std::unexpected<Error> Http1Connection::body_error(Error error) {
  if (!body_failed_) {
    const auto& remote = transport_->remote_address();
    if (error.kind() == ErrorKind::timeout) {
      context_->reject(Rejection::body_timeout, remote, error.message());
    } else if (error.kind() == ErrorKind::full) {
      context_->reject(Rejection::body_too_large, remote, error.message());
    } else if (error.kind() == ErrorKind::invalid) {
      context_->reject(Rejection::malformed, remote, error.message());
    }
  }
  body_failed_ = true;
  return std::unexpected(std::move(error));
}

// Tells a client that waits for it to go ahead.
Task<Result<void>> Http1Connection::begin_body() {
  if (body_failed_) co_return fail("unexpected EOF");
  if (head_.expects_continue && !std::exchange(sent_continue_, true) && buffered().empty()) {
    co_return co_await send("HTTP/1.1 100 Continue\r\n\r\n", {});
  }
  co_return Result<void>{};
}

Task<Result<std::string>> Http1Connection::read_body() {
  const uint64_t length = head_.content_length.value_or(0);
  if (head_.is_chunked ? chunks_.is_done() : body_received_ == length) co_return std::string();
  CO_TRY(co_await begin_body());
  std::string piece;
  while (piece.empty()) {
    if (buffered().empty()) {
      if (auto filled = co_await fill(read_size, body_timeout_); !filled) {
        co_return body_error(std::move(filled).error());
      }
    }
    if (!head_.is_chunked) {
      piece = buffered().substr(0, length - body_received_);
      consume(piece.size());
      break;
    }
    std::string_view data = buffered();
    const size_t before = data.size();
    if (auto decoded = chunks_.decode(data, piece, SIZE_MAX); !decoded) {
      co_return body_error(std::move(decoded).error());
    }
    consume(before - data.size());
    if (chunks_.is_done()) break;
  }
  CO_TRY(count_body(piece.size()));
  co_return piece;
}

// The common case, a body of known size, is read straight to its place.
Task<Result<std::string>> Http1Connection::read_whole_body(size_t size_max) {
  std::string all;
  const uint64_t length = head_.content_length.value_or(0);
  const uint64_t left = length - body_received_;
  if (!head_.is_chunked && left > size_max) {
    co_return fail("http: request body too large", ErrorKind::full);
  }
  if (!head_.is_chunked && left > buffered().size() + read_size) {
    CO_TRY(co_await begin_body());
    size_t filled = buffered().size();
    all.resize(std::min<uint64_t>(left, std::max(filled, body_step_max)));
    buffered().copy(all.data(), filled);
    consume(filled);
    while (filled < left) {
      if (filled == all.size()) all.resize(std::min<uint64_t>(left, filled * 2));
      auto got = co_await transport_->read(all.data() + filled, all.size() - filled, body_timeout_);
      if (!got) co_return body_error(std::move(got).error());
      if (*got == 0) co_return body_error(Error("unexpected EOF"));
      context_->stats.received_bytes_total += *got;
      filled += *got;
    }
    CO_TRY(count_body(all.size()));
    co_return all;
  }
  while (true) {
    CO_TRY(const std::string piece, co_await read_body());
    if (piece.empty()) co_return all;
    if (piece.size() > size_max - all.size()) {
      co_return fail("http: request body too large", ErrorKind::full);
    }
    all += piece;
  }
}

}  // namespace alloy::net
