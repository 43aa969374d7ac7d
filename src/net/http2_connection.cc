#include "net/http2_connection.h"

#include <charconv>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <nghttp2/nghttp2.h>

namespace alloy::net {
namespace asio = boost::asio;

namespace {

constexpr size_t read_size = 32 << 10;
// Most connections are quiet, and there may be many: they begin with this much, and give back more.
constexpr size_t quiet_size = 1 << 10;
// What is put together for one write.
constexpr size_t write_size_max = 64 << 10;
// How much a peer may send ahead of the handlers: for one request, and for all together.
constexpr int32_t stream_window = 1 << 20;
constexpr int32_t connection_window = 4 << 20;
constexpr std::chrono::seconds reset_delay(1);
// Streams a peer may cancel at once, and from then on a second.
constexpr uint64_t resets_burst = 200;
constexpr uint64_t resets_rate = 50;

nghttp2_nv make_field(std::string_view name, std::string_view value) {
  return {reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
          reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(),
          NGHTTP2_NV_FLAG_NONE};
}

// HTTP/2 wants names in lower case and has no connection fields (RFC 9113, section 8.2).
Headers clean_headers(const Headers& headers) {
  Headers out;
  for (const Header& field : headers) {
    std::string name = field.name;
    for (char& c : name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    const bool is_connection_field = name == "connection" || name == "keep-alive" ||
                                     name == "transfer-encoding" || name == "upgrade" ||
                                     name == "proxy-connection";
    if (!is_connection_field) out.add(std::move(name), clean_field_value(field.value));
  }
  return out;
}

bool forbids_body(int status) { return status == 204 || status == 304; }

}  // namespace

// nghttp2 calls these from within feed() and the writer's nghttp2_session_mem_send().
struct Http2Callbacks {
  static Http2Connection& self(void* user) { return *static_cast<Http2Connection*>(user); }

  static int on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
      self(user).begin_stream(frame->hd.stream_id);
    }
    return 0;
  }

  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name,
                       size_t name_size, const uint8_t* value, size_t value_size, uint8_t,
                       void* user) {
    Http2Stream* stream = self(user).find(frame->hd.stream_id);
    if (!stream) return 0;
    const std::string_view name_view(reinterpret_cast<const char*>(name), name_size);
    const std::string_view value_view(reinterpret_cast<const char*>(value), value_size);
    return self(user).add_field(*stream, name_view, value_view)
               ? 0
               : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }

  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    Http2Connection& connection = self(user);
    Http2Stream* stream = connection.find(frame->hd.stream_id);
    if (!stream) return 0;
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
    const bool is_end = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
    if (frame->hd.type == NGHTTP2_HEADERS && !stream->is_head_done) {
      stream->is_head_done = true;
      connection.head_complete(stream->shared_from_this(), !is_end);
    }
    if (is_end) stream->receive_end();
    return 0;
  }

  static int on_data(nghttp2_session* session, uint8_t, int32_t id, const uint8_t* data,
                     size_t size, void* user) {
    Http2Connection& connection = self(user);
    Http2Stream* stream = connection.find(id);
    const auto received = stream ? stream->receive({reinterpret_cast<const char*>(data), size})
                                 : Http2Stream::Received::dropped;
    if (received == Http2Stream::Received::too_large) {
      connection.context_->reject(Rejection::body_too_large,
                                  connection.transport_->remote_address(),
                                  "request body too large");
    }
    // What nobody will read must not eat up the connection's window; the stream's stays closed.
    if (received != Http2Stream::Received::kept) nghttp2_session_consume_connection(session, size);
    return 0;
  }

  static int on_close(nghttp2_session*, int32_t id, uint32_t error_code, void* user) {
    self(user).stream_closed(id, error_code);
    return 0;
  }

  static int on_frame_sent(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    const bool is_end = (frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS) &&
                        (frame->hd.flags & NGHTTP2_FLAG_END_STREAM);
    const Http2Stream* stream = is_end ? self(user).find(frame->hd.stream_id) : nullptr;
    if (stream && !stream->is_body_complete()) self(user).reset_later(frame->hd.stream_id);
    if (frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code == NGHTTP2_ENHANCE_YOUR_CALM) {
      self(user).context_->reject(Rejection::too_many_resets,
                                  self(user).transport_->remote_address(), "rapid resets");
    }
    return 0;
  }

  static ssize_t read_body(nghttp2_session* session, int32_t id, uint8_t* out, size_t size,
                           uint32_t* flags, nghttp2_data_source*, void* user) {
    Http2Stream* stream = self(user).find(id);
    if (!stream) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    const Http2Stream::Piece piece = stream->take(reinterpret_cast<char*>(out), size);
    if (piece.is_broken) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    if (piece.is_end) {
      *flags |= NGHTTP2_DATA_FLAG_EOF;
      if (piece.has_trailers) {
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        const Headers trailers = clean_headers(stream->take_trailers());
        std::vector<nghttp2_nv> fields;
        for (const Header& field : trailers) fields.push_back(make_field(field.name, field.value));
        nghttp2_submit_trailer(session, id, fields.data(), fields.size());
      }
    } else if (piece.size == 0) {
      return NGHTTP2_ERR_DEFERRED;
    }
    return static_cast<ssize_t>(piece.size);
  }
};

Http2Connection::Http2Connection(std::shared_ptr<ServerContext> context,
                                 std::shared_ptr<Transport> transport, AnyExecutor strand,
                                 TaskGroup& group)
    : context_(std::move(context)),
      transport_(std::move(transport)),
      strand_(std::move(strand)),
      group_(group),
      idle_(strand_, [this] { close_if_idle(); }),
      writer_wake_(strand_, asio::steady_timer::time_point::max()),
      writer_finished_(strand_, asio::steady_timer::time_point::max()) {}

Http2Connection::~Http2Connection() { nghttp2_session_del(session_); }

Result<void> Http2Connection::open() {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_option* option = nullptr;
  if (nghttp2_session_callbacks_new(&callbacks) != 0) return fail("out of memory");
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks,
                                                          Http2Callbacks::on_begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, Http2Callbacks::on_header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Http2Callbacks::on_frame);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Http2Callbacks::on_data);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Http2Callbacks::on_close);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, Http2Callbacks::on_frame_sent);
  nghttp2_option_new(&option);
  nghttp2_option_set_no_auto_window_update(option, 1);
  nghttp2_option_set_stream_reset_rate_limit(option, resets_burst, resets_rate);
  nghttp2_session_server_new2(&session_, callbacks, this, option);
  nghttp2_option_del(option);
  nghttp2_session_callbacks_del(callbacks);
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, context_->options.streams_max},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, stream_window},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
       static_cast<uint32_t>(context_->options.head_bytes_max)}};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, std::size(settings));
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, connection_window);
  return {};
}

Task<> Http2Connection::run(std::string initial) {
  const auto self = shared_from_this();
  if (!open()) co_return;
  std::stop_callback on_drain(context_->drain.get_token(),
                              [weak = weak_from_this(), strand = strand_] {
                                asio::post(strand, [weak] {
                                  if (const auto alive = weak.lock()) alive->drain();
                                });
                              });
  asio::co_spawn(strand_, write_loop(), [self](const std::exception_ptr&) {
    self->writer_done_ = true;
    self->writer_finished_.cancel();
  });
  idle_.set(context_->options.idle_timeout);
  Result<void> fed = feed(initial);
  std::string buffer(quiet_size, '\0');
  while (fed && !is_closed_ &&
         (nghttp2_session_want_read(session_) || nghttp2_session_want_write(session_))) {
    const auto got = co_await transport_->read(buffer.data(), buffer.size(), Duration::zero());
    if (!got || *got == 0) break;
    context_->stats.received_bytes_total += *got;
    idle_.set(context_->options.idle_timeout);
    fed = feed(std::string_view(buffer).substr(0, *got));
    if (*got == buffer.size()) buffer.resize(read_size);
  }
  const bool is_clean = fed && !is_closed_;
  if (is_clean && nghttp2_session_want_write(session_) == 0) {
    nghttp2_session_terminate_session(session_, NGHTTP2_NO_ERROR);
  }
  is_closed_ = true;
  wake_writer();
  if (!is_clean) transport_->cancel();
  while (!writer_done_) {
    boost::system::error_code ignored;
    co_await writer_finished_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  for (const auto& [id, stream] : streams_) stream->close("client disconnected");
  streams_.clear();
  idle_.stop();  // The last handler may outlive this, on a strand of its own.
  co_await transport_->shut_down(Transport::Goodbye::plain);
}

void Http2Connection::drain() {
  if (is_closed_ || !session_) return;
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE,
                        nghttp2_session_get_last_proc_stream_id(session_), NGHTTP2_NO_ERROR,
                        nullptr, 0);
  wake_writer();
}

// The answer is complete though the request is not: the peer need not send the rest (RFC 9113,
// section 8.1). It gets a moment to see the answer, for some clients drop it when reset.
void Http2Connection::reset_later(int32_t id) {
  const auto timer = std::make_shared<asio::steady_timer>(strand_, reset_delay);
  timer->async_wait([weak = weak_from_this(), timer, id](boost::system::error_code) {
    const auto self = weak.lock();
    if (!self || self->is_closed_ || !self->find(id)) return;
    nghttp2_submit_rst_stream(self->session_, NGHTTP2_FLAG_NONE, id, NGHTTP2_NO_ERROR);
    self->wake_writer();
  });
}

// With requests in progress silence is normal: their own limits apply.
void Http2Connection::close_if_idle() {
  if (!streams_.empty()) return idle_.set(context_->options.idle_timeout);
  drain();
}

Result<void> Http2Connection::feed(std::string_view data) {
  const ssize_t used = nghttp2_session_mem_recv(
      session_, reinterpret_cast<const uint8_t*>(data.data()), data.size());
  if (used < 0) {
    const char* why = nghttp2_strerror(static_cast<int>(used));
    context_->reject(Rejection::malformed, transport_->remote_address(), why);
    return fail(why);
  }
  wake_writer();
  return {};
}

void Http2Connection::wake_writer() {
  has_work_ = true;
  writer_wake_.cancel();
}

Task<> Http2Connection::write_loop() {
  std::string out;
  while (true) {
    has_work_ = false;
    out.clear();
    while (out.size() < write_size_max) {
      const uint8_t* data = nullptr;
      const ssize_t size = nghttp2_session_mem_send(session_, &data);
      if (size <= 0) {
        is_closed_ |= size < 0;
        break;
      }
      out.append(reinterpret_cast<const char*>(data), static_cast<size_t>(size));
    }
    if (!out.empty()) {
      const auto sent = co_await transport_->write(out, {}, context_->options.write_timeout);
      if (!sent) {
        if (sent.error().kind() == ErrorKind::timeout) {
          context_->reject(Rejection::write_timeout, transport_->remote_address(),
                           sent.error().message());
        }
        break;
      }
      context_->stats.sent_bytes_total += out.size();
      continue;
    }
    const bool is_over =
        !nghttp2_session_want_read(session_) && !nghttp2_session_want_write(session_);
    if (is_closed_ || is_over) break;
    if (has_work_) continue;
    if (out.capacity() > quiet_size) out = std::string();
    boost::system::error_code ignored;
    co_await writer_wake_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  // The reader must not wait for a peer that will say nothing more.
  is_closed_ = true;
  transport_->cancel();
}

Http2Stream* Http2Connection::find(int32_t id) {
  const auto found = streams_.find(id);
  return found == streams_.end() ? nullptr : found->second.get();
}

void Http2Connection::begin_stream(int32_t id) {
  const HttpServerOptions& options = context_->options;
  auto stream = std::make_shared<Http2Stream>(
      weak_from_this(), id,
      Http2Stream::Limits{options.body_bytes_max, options.body_timeout, options.write_timeout});
  stream->request.http_major = 2;
  stream->request.remote_address = transport_->remote_address();
  stream->request.scheme = transport_->is_secure() ? "https" : "http";
  streams_.emplace(id, std::move(stream));
}

bool Http2Connection::add_field(Http2Stream& stream, std::string_view name,
                                std::string_view value) {
  // 32 bytes a field is how HTTP/2 counts them (RFC 9113, section 6.5.2).
  stream.head_bytes += name.size() + value.size() + 32;
  // The rest of a head that is too large is dropped; it is refused when complete.
  if (stream.head_bytes > context_->options.head_bytes_max) return true;
  if (stream.is_head_done) {
    stream.receive_trailer(std::string(name), std::string(value));
  } else if (name == ":method") {
    stream.request.method = value;
  } else if (name == ":path") {
    stream.request.target = value;
  } else if (name == ":authority") {
    stream.request.host = value;
  } else if (!name.starts_with(':')) {
    if (name == "host" && stream.request.host.empty()) stream.request.host = value;
    stream.request.headers.add(std::string(name), std::string(value));
  }
  return true;
}

void Http2Connection::refuse(Http2Stream& stream, int status, Rejection reason,
                             std::string detail) {
  context_->reject(reason, transport_->remote_address(), detail);
  stream.abandon_body();
  const ServerResponse response = text_response(status, status_text(status));
  stream.write_all(response.body);
  submit(stream, response, true);
}

void Http2Connection::head_complete(const std::shared_ptr<Http2Stream>& stream, bool has_body) {
  ServerRequest request = std::move(stream->request);
  if (stream->head_bytes > context_->options.head_bytes_max) {
    return refuse(*stream, 431, Rejection::head_too_large, "request header too large");
  }
  const std::string target = request.target;
  if (!set_target(request, target)) {
    return refuse(*stream, 400, Rejection::malformed, "invalid request target");
  }
  std::optional<uint64_t> size;
  if (!has_body) size = 0;
  if (const auto text = request.headers.get("Content-Length"); !text.empty()) {
    uint64_t length = 0;
    std::from_chars(text.data(), text.data() + text.size(), length);
    size = length;
  }
  const uint64_t body_max = context_->options.body_bytes_max;
  if (body_max != 0 && size.value_or(0) > body_max) {
    return refuse(*stream, 413, Rejection::body_too_large, "request body too large");
  }
  request.body = stream->make_reader(size);
  request.stop = stream->stop.get_token();
  if (transport_->is_secure()) request.client_common_name = transport_->client_common_name();
  group_.spawn(handle(shared_from_this(), stream, std::move(request)));
}

void Http2Connection::stream_closed(int32_t id, uint32_t error_code) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  found->second->close(error_code == NGHTTP2_NO_ERROR ? "stream closed" : "stream reset by peer");
  streams_.erase(found);
}

void Http2Connection::submit(Http2Stream& stream, const ServerResponse& response, bool has_body) {
  const std::string status = std::to_string(response.status);
  const Headers headers = clean_headers(response.headers);
  std::vector<nghttp2_nv> fields = {make_field(":status", status)};
  for (const Header& field : headers) fields.push_back(make_field(field.name, field.value));
  const std::string_view date = http_date();
  if (!headers.contains("date")) fields.push_back(make_field("date", date));
  const nghttp2_data_provider provider{{}, Http2Callbacks::read_body};
  nghttp2_submit_response(session_, stream.id(), fields.data(), fields.size(),
                          has_body ? &provider : nullptr);
  wake_writer();
}

void Http2Connection::post_answer(const std::shared_ptr<Http2Stream>& stream,
                                  ServerResponse response, bool has_body) {
  auto shared = std::make_shared<ServerResponse>(std::move(response));
  asio::post(strand_, [self = shared_from_this(), stream, shared, has_body] {
    if (self->is_closed_ || !self->find(stream->id())) return;
    self->submit(*stream, *shared, has_body);
  });
}

Task<> Http2Connection::handle(std::shared_ptr<Http2Connection> self,
                               std::shared_ptr<Http2Stream> stream, ServerRequest request) {
  // Nobody is left to read the answer: it would cost a client nothing to ask and go, over and over.
  const bool is_only_asking = request.method == "GET" || request.method == "HEAD";
  if (is_only_asking && stream->stop.stop_requested()) co_return;
  const SteadyTime started = real_clock().steady();
  const std::string method = request.method;
  const std::string path = request.path;
  std::stop_callback on_abort(self->context_->abort.get_token(),
                              [stream] { stream->stop.request_stop(); });
  ServerResponse response = co_await call_handler(self->context_, std::move(request));
  const int status = response.status;
  co_await self->send_answer(stream, std::move(response), method == "HEAD");
  self->context_->record({.method = method,
                          .path = path,
                          .remote_address = self->transport_->remote_address(),
                          .http_major = 2,
                          .status = status,
                          .response_bytes = stream->sent_bytes(),
                          .duration = real_clock().steady() - started});
}

Task<> Http2Connection::send_answer(std::shared_ptr<Http2Stream> stream, ServerResponse response,
                                    bool is_head) {
  if (is_head || forbids_body(response.status)) {
    if (is_head && !response.stream) {
      response.headers.set("content-length", std::to_string(response.body.size()));
    }
    post_answer(stream, std::move(response), false);
    co_return;
  }
  if (!response.stream) {
    response.headers.set("content-length", std::to_string(response.body.size()));
    stream->write_all(std::exchange(response.body, {}));
    post_answer(stream, std::move(response), true);
    co_return;
  }
  const auto produce = std::exchange(response.stream, nullptr);
  post_answer(stream, std::move(response), true);
  Result<void> produced;
  try {
    produced = co_await produce(stream->make_writer());
  } catch (const std::exception& thrown) {
    context_->reject(Rejection::handler_failed, transport_->remote_address(), thrown.what());
    produced = fail(thrown.what());
  }
  stream->finish(produced ? Http2Stream::End::complete : Http2Stream::End::broken);
}

void Http2Connection::post_consumed(int32_t stream_id, size_t size) {
  asio::post(strand_, [self = shared_from_this(), stream_id, size] {
    if (self->is_closed_) return;
    nghttp2_session_consume(self->session_, stream_id, size);
    self->wake_writer();
  });
}

void Http2Connection::post_resume(int32_t stream_id) {
  asio::post(strand_, [self = shared_from_this(), stream_id] {
    if (self->is_closed_) return;
    nghttp2_session_resume_data(self->session_, stream_id);
    self->wake_writer();
  });
}

}  // namespace alloy::net
