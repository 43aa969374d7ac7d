#include "cluster/http_transport.h"

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

namespace alloy::cluster {
namespace asio = boost::asio;

namespace {

constexpr std::string_view content_type = "application/x.ckit";
// A whole request, from the connection to the answer.
constexpr Duration packet_timeout = 5s;
// Packets waiting for one node; more push out the oldest.
constexpr size_t queue_max = 1000;
// How many nodes are kept connections to; anybody can name addresses in a message.
constexpr size_t destinations_max = 4096;
// How much one request may carry.
constexpr size_t request_bytes_max = 4 << 20;
constexpr size_t stream_bytes_max = 64 << 20;
constexpr size_t announcement_bytes_max = 4 << 10;

const net::Headers& request_headers() {
  static const net::Headers headers{{"content-type", std::string(content_type)}};
  return headers;
}

}  // namespace

HttpTransport::HttpTransport(AnyExecutor strand, Logger logger,
                             std::shared_ptr<const net::TlsPeerContext> tls)
    : strand_(strand),
      logger_(std::move(logger)),
      tls_(std::move(tls)),
      tasks_(strand, TaskGroup::Strands::shared) {}

HttpTransport::~HttpTransport() = default;

Task<> HttpTransport::close() {
  closed_ = true;
  for (auto& [address, destination] : destinations_)
    if (destination.peer) destination.peer->close();
  co_await tasks_.join();
  co_await gate_.close();
  destinations_.clear();
}

HttpTransport::Destination* HttpTransport::destination(const Address& to) {
  if (const auto at = destinations_.find(to); at != destinations_.end()) return &at->second;
  if (destinations_.size() >= destinations_max)
    std::erase_if(destinations_, [](const auto& entry) { return entry.second.is_idle(); });
  if (destinations_.size() >= destinations_max) return nullptr;
  return &destinations_[to];
}

void HttpTransport::forget_if_idle(const Address& to) {
  const auto at = destinations_.find(to);
  if (at != destinations_.end() && at->second.is_idle()) destinations_.erase(at);
}

Task<Result<std::shared_ptr<net::Http2Peer>>> HttpTransport::connected(Address to,
                                                                       Duration timeout) {
  constexpr std::string_view too_many = "connected to too many nodes";
  const Destination* before = destination(to);
  if (before == nullptr) co_return fail(std::string(too_many), ErrorKind::full);
  if (before->peer && before->peer->is_open()) co_return before->peer;
  auto connection =
      co_await net::Http2Peer::connect(strand_, format_ip(to.ip), to.port, timeout, tls_);
  if (!connection) {
    const bool is_refused = connection.error().kind() == ErrorKind::not_found;
    if (is_refused && !closed_ && inbound_.on_refused) inbound_.on_refused(to);
    co_return std::unexpected(std::move(connection).error());
  }
  std::shared_ptr<net::Http2Peer> peer = std::move(*connection);
  if (closed_) {
    peer->close();
    co_return fail("transport closed", ErrorKind::stopped);
  }
  Destination* now = destination(to);
  if (now == nullptr) {
    peer->close();
    co_return fail(std::string(too_many), ErrorKind::full);
  }
  // Somebody else may have connected meanwhile; one connection is enough.
  if (now->peer && now->peer->is_open()) {
    peer->close();
  } else {
    now->peer = std::move(peer);
    // The connection's own tasks may outlive us.
    now->peer->on_lost([this, to, life = std::weak_ptr(stats_)] {
      if (life.lock() && !closed_ && inbound_.on_connection_lost) inbound_.on_connection_lost(to);
    });
  }
  co_return now->peer;
}

void HttpTransport::send_packet(const Address& to, std::string packet) {
  if (closed_) return;
  Destination* target = destination(to);
  if (target == nullptr) {
    ++stats_->tx_packets_failed;
    logger_.debug("failed to send message: connected to too many nodes",
                  {{"addr", format_address(to)}});
    return;
  }
  if (target->packets.size() >= queue_max) {
    target->packets.pop_front();
    ++stats_->tx_packets_failed;
    --stats_->tx_queue_length;
  }
  target->packets.push_back(std::move(packet));
  ++stats_->tx_queue_length;
  if (std::exchange(target->is_sending, true)) return;
  tasks_.spawn(send_queued(to));
}

Task<> HttpTransport::send_queued(Address to) {
  while (!closed_ && !destinations_[to].packets.empty()) {
    std::string body;
    uint64_t count = 0;
    auto& packets = destinations_[to].packets;
    while (!packets.empty() && (count == 0 || body.size() < request_bytes_max)) {
      append_frame(body, packets.front());
      packets.pop_front();
      ++count;
    }
    stats_->tx_queue_length -= static_cast<int64_t>(count);
    const size_t bytes = body.size();
    if (const auto sent = co_await post_packets(to, std::move(body)); sent) {
      stats_->tx_packets += count;
      stats_->tx_bytes += bytes;
    } else {
      stats_->tx_packets_failed += count;
      logger_.debug("failed to send message",
                    {{"addr", format_address(to)}, {"err", sent.error()}});
    }
  }
  destinations_[to].is_sending = false;
  forget_if_idle(to);
}

Task<Result<void>> HttpTransport::post_packets(Address to, std::string body) {
  CO_TRY(const int status, co_await post(to, "message", std::move(body), packet_timeout));
  if (status != 200) co_return fail(fmt::format("unexpected status code {}", status));
  co_return Result<void>{};
}

Task<Result<int>> HttpTransport::post(Address to, std::string_view kind, std::string body,
                                      Duration timeout) {
  CO_TRY(const auto peer, co_await connected(to, timeout));
  const auto call =
      peer->call("POST", std::string(transport_path) + std::string(kind), request_headers());
  call->write(body);
  call->finish();
  co_return co_await call->status(timeout);
}

Task<Result<bool>> HttpTransport::announce(Address to, std::string body, Duration timeout) {
  const Gate::Pass pass = gate_.enter();
  if (!pass) co_return fail("transport closed", ErrorKind::stopped);
  CO_TRY(const int status, co_await post(to, "announce", std::move(body), timeout));
  forget_if_idle(to);
  if (status != 200 && status != 404)
    co_return fail(fmt::format("unexpected status code {}", status));
  co_return status == 200;
}

void HttpTransport::exchange(const Address& to, std::string request,
                             std::function<void(Result<std::string>)> done) {
  if (closed_) return;
  tasks_.spawn(run_exchange(to, std::move(request), std::move(done)));
}

Task<> HttpTransport::run_exchange(Address to, std::string request,
                                   std::function<void(Result<std::string>)> done) {
  ++stats_->streams;
  auto answer = co_await exchange_on(to, std::move(request));
  --stats_->streams;
  if (!answer) ++stats_->stream_tx_packets_failed;
  forget_if_idle(to);
  done(std::move(answer));
}

Task<Result<std::string>> HttpTransport::exchange_on(Address to, std::string request) {
  CO_TRY(const auto peer, co_await connected(to, stream_timeout));
  const auto call = peer->call("POST", std::string(transport_path) + "stream", request_headers());
  // The other side's head comes first: it tells whether somebody listens at all.
  CO_TRY(const int status, co_await call->status(stream_timeout));
  if (status != 200) co_return fail(fmt::format("unexpected status code {}", status));
  std::string framed;
  append_frame(framed, request);
  ++stats_->stream_tx_packets;
  stats_->stream_tx_bytes += framed.size();
  call->write(framed);

  FrameReader reader;
  std::string answer;
  while (stream_progress(answer) == StreamProgress::incomplete) {
    CO_TRY(const std::string bytes, co_await call->read(stream_timeout));
    if (bytes.empty()) break;
    stats_->stream_rx_bytes += bytes.size();
    std::vector<std::string> payloads;
    CO_TRY(reader.feed(bytes, payloads));
    for (const std::string& payload : payloads) answer += payload;
    if (answer.size() > stream_bytes_max) co_return fail("answer too large", ErrorKind::full);
  }
  ++stats_->stream_rx_packets;
  call->finish();
  co_return answer;
}

Task<net::ServerResponse> HttpTransport::handle(net::ServerRequest request) {
  const std::string_view kind = std::string_view(request.path).substr(transport_path.size());
  if (kind != "message" && kind != "stream" && kind != "announce")
    co_return net::text_response(404, "404 page not found");
  if (closed_) co_return net::text_response(503, "transport is shut down");
  if (request.http_major != 2) co_return net::ServerResponse{.status = 505};
  if (request.headers.get("content-type") != content_type)
    co_return net::text_response(400, "unexpected content type");
  const std::shared_ptr<net::BodyReader> body = std::move(request.body);
  body->set_timeout(kind == "stream" ? stream_timeout : packet_timeout);
  if (kind == "stream") {
    net::ServerResponse response;
    response.stream = [this, body](std::shared_ptr<net::BodyWriter> writer) {
      return serve_stream(body, std::move(writer));
    };
    co_return response;
  }
  if (kind == "announce") co_return co_await receive_announcement(body);
  if (const auto received = co_await receive_packets(body); !received) {
    logger_.warn("error reading packet from peer",
                 {{"addr", request.remote_address}, {"err", received.error()}});
    co_return net::text_response(400, received.error().message());
  }
  co_return net::ServerResponse{};
}

Task<net::ServerResponse> HttpTransport::receive_announcement(
    std::shared_ptr<net::BodyReader> body) {
  auto text = co_await body->read_all(announcement_bytes_max);
  if (!text) co_return net::text_response(400, text.error().message());
  ++stats_->rx_packets;
  stats_->rx_bytes += text->size();
  const auto accepted =
      co_await asio::co_spawn(strand_, accept_announcement(*std::move(text)), asio::use_awaitable);
  if (accepted) co_return net::ServerResponse{};
  ++stats_->rx_packets_rejected;
  logger_.warn("discarding announcement: " + accepted.error().message());
  co_return net::text_response(400, accepted.error().message());
}

Task<Result<void>> HttpTransport::accept_announcement(std::string body) {
  if (closed_ || !inbound_.on_announcement)
    co_return fail("transport is shut down", ErrorKind::stopped);
  co_return inbound_.on_announcement(body);
}

Task<Result<void>> HttpTransport::receive_packets(std::shared_ptr<net::BodyReader> body) {
  FrameReader reader;
  while (true) {
    CO_TRY(const std::string bytes, co_await body->read());
    if (bytes.empty()) break;
    stats_->rx_bytes += bytes.size();
    std::vector<std::string> packets;
    const auto fed = reader.feed(bytes, packets);
    for (std::string& packet : packets) {
      ++stats_->rx_packets;
      const auto accepted =
          co_await asio::co_spawn(strand_, accept_packet(std::move(packet)), asio::use_awaitable);
      if (accepted) continue;
      ++stats_->rx_packets_rejected;
      const bool is_foreign = accepted.error().kind() == ErrorKind::not_found;
      logger_.log(is_foreign ? LogLevel::error : LogLevel::warn,
                  is_foreign ? "discarding packet with " + accepted.error().message()
                             : "discarding packet: " + accepted.error().message());
    }
    CO_TRY(fed);
  }
  if (!reader.at_boundary()) co_return fail("unexpected EOF", ErrorKind::invalid);
  co_return Result<void>{};
}

Task<Result<void>> HttpTransport::accept_packet(std::string packet) {
  if (closed_ || !inbound_.on_packet) co_return fail("transport is shut down", ErrorKind::stopped);
  co_return inbound_.on_packet(packet);
}

Task<Result<std::string>> HttpTransport::accept_exchange(std::string request) {
  if (closed_ || !inbound_.on_exchange)
    co_return fail("transport is shut down", ErrorKind::stopped);
  co_return inbound_.on_exchange(request);
}

Task<Result<void>> HttpTransport::serve_stream(std::shared_ptr<net::BodyReader> body,
                                               std::shared_ptr<net::BodyWriter> writer) {
  const Gate::Pass pass = gate_.enter();
  if (!pass) co_return fail("transport is shut down", ErrorKind::stopped);
  ++stats_->streams;
  FrameReader reader;
  std::string request;
  Result<void> read;
  while (read && stream_progress(request) == StreamProgress::incomplete) {
    const auto bytes = co_await body->read();
    if (!bytes || bytes->empty()) break;
    stats_->stream_rx_bytes += bytes->size();
    std::vector<std::string> payloads;
    read = reader.feed(*bytes, payloads);
    for (const std::string& payload : payloads) request += payload;
    if (request.size() > stream_bytes_max) read = fail("stream too large", ErrorKind::full);
  }
  ++stats_->stream_rx_packets;
  Result<std::string> answer = std::unexpected(Error("unexpected EOF"));
  if (read)
    answer =
        co_await asio::co_spawn(strand_, accept_exchange(std::move(request)), asio::use_awaitable);
  --stats_->streams;
  if (!answer) {
    // A stranger gets no answer: the stream just ends.
    logger_.error("discarding stream with " + answer.error().message());
    co_return Result<void>{};
  }
  std::string framed;
  append_frame(framed, *answer);
  ++stats_->stream_tx_packets;
  stats_->stream_tx_bytes += framed.size();
  co_return co_await writer->write(std::move(framed));
}

}  // namespace alloy::cluster
