#include "cluster/http_transport.h"

#include <fmt/format.h>

#include "cluster/stream_scanner.h"

namespace alloy::cluster {

namespace {

// A whole request, from the connection to the answer.
constexpr Duration packet_timeout = 5s;
// Packets waiting for one node; more push out the oldest.
constexpr size_t queue_max = 1000;
// Of all nodes together.
constexpr size_t queued_bytes_max = 16 << 20;
// A connection that nothing was said on for that long is closed: in a large cluster each node has
// something to say to few others at a time.
constexpr Duration unused_max = 60s;
constexpr Duration sweep_interval = 5s;
// How many nodes are kept connections to; anybody can name addresses in a message.
constexpr size_t destinations_max = 4096;
// What others may send at a time: requests with packets, streams (the original takes as many) and
// their bytes.
constexpr size_t message_requests_max = 1024;
constexpr size_t streams_max = 128;
constexpr size_t inbound_bytes_max = 32 << 20;
// How much one request of ours carries.
constexpr size_t request_bytes_max = 4 << 20;

const net::Headers& request_headers() {
  static const net::Headers headers{{"content-type", std::string(transport_content_type)}};
  return headers;
}

std::string_view path_of(OwnKind kind) {
  return kind == OwnKind::announcement ? "announce" : "configuration";
}

}  // namespace

HttpTransport::HttpTransport(AnyExecutor strand, Logger logger,
                             std::shared_ptr<const net::TlsPeerContext> tls,
                             std::shared_ptr<Rejections> rejections)
    : strand_(strand),
      logger_(std::move(logger)),
      tls_(std::move(tls)),
      rejections_(std::move(rejections)),
      messages_budget_(message_requests_max, inbound_bytes_max),
      streams_budget_(streams_max, inbound_bytes_max),
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

void HttpTransport::close_unused(SteadyTime now) {
  if (now < next_sweep_) return;
  next_sweep_ = now + sweep_interval;
  std::erase_if(destinations_, [&](const auto& entry) {
    const Destination& destination = entry.second;
    if (destination.is_waiting() || now - destination.last_used < unused_max) return false;
    if (destination.peer) destination.peer->close();
    return true;
  });
}

void HttpTransport::forget_if_idle(const Address& to) {
  const auto at = destinations_.find(to);
  if (at != destinations_.end() && at->second.is_idle()) destinations_.erase(at);
}

Task<Result<std::shared_ptr<net::Http2Peer>>> HttpTransport::connected(Address to,
                                                                       Duration timeout) {
  constexpr std::string_view too_many = "connected to too many nodes";
  close_unused(real_clock().steady());
  Destination* before = destination(to);
  if (before == nullptr) co_return fail(std::string(too_many), ErrorKind::full);
  before->last_used = real_clock().steady();
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
  now->last_used = real_clock().steady();
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
  while (!target->packets.empty() &&
         (target->packets.size() >= queue_max || queued_bytes_ + packet.size() > queued_bytes_max))
    drop_oldest(*target);
  if (queued_bytes_ + packet.size() > queued_bytes_max) {
    ++stats_->tx_packets_failed;
    logger_.debug("failed to send message: too much is waiting", {{"addr", format_address(to)}});
    return forget_if_idle(to);
  }
  queued_bytes_ += packet.size();
  target->packets.push_back(std::move(packet));
  ++stats_->tx_queue_length;
  if (std::exchange(target->is_sending, true)) return;
  tasks_.spawn(send_queued(to));
}

void HttpTransport::drop_oldest(Destination& target) {
  queued_bytes_ -= target.packets.front().size();
  target.packets.pop_front();
  ++stats_->tx_packets_failed;
  --stats_->tx_queue_length;
}

Task<> HttpTransport::send_queued(Address to) {
  while (!closed_ && !destinations_[to].packets.empty()) {
    std::string body;
    uint64_t count = 0;
    auto& packets = destinations_[to].packets;
    while (!packets.empty() && (count == 0 || body.size() < request_bytes_max)) {
      append_frame(body, packets.front());
      queued_bytes_ -= packets.front().size();
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

Task<Result<bool>> HttpTransport::say(Address to, OwnKind kind, std::string body,
                                      Duration timeout) {
  const Gate::Pass pass = gate_.enter();
  if (!pass) co_return fail("transport closed", ErrorKind::stopped);
  CO_TRY(const int status, co_await post(to, path_of(kind), std::move(body), timeout));
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
  StreamScanner scanner;
  std::string answer;
  while (scanner.look(answer) == StreamProgress::incomplete) {
    CO_TRY(const std::string bytes, co_await call->read(stream_timeout));
    if (bytes.empty()) break;
    stats_->stream_rx_bytes += bytes.size();
    std::vector<std::string> payloads;
    CO_TRY(reader.feed(bytes, payloads));
    for (const std::string& payload : payloads) answer += payload;
    if (answer.size() > message_bytes_max) co_return fail("answer too large", ErrorKind::full);
  }
  ++stats_->stream_rx_packets;
  call->finish();
  co_return answer;
}

}  // namespace alloy::cluster
