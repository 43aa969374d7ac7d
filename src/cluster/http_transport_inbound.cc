// What others send to us.
#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

#include "cluster/http_transport.h"
#include "cluster/limits.h"
#include "cluster/stream_scanner.h"

namespace alloy::cluster {
namespace asio = boost::asio;

namespace {

// Between two pieces of a request, and for all of it: senders give up sooner.
constexpr Duration message_read_timeout = 5s;
constexpr Duration request_max = 10s;
constexpr size_t own_kind_bytes_max = 4 << 10;

std::unexpected<Error> too_much() { return fail("too much at once", ErrorKind::stopped); }

std::optional<OwnKind> own_kind(std::string_view path) {
  if (path == "announce") return OwnKind::announcement;
  if (path == "configuration") return OwnKind::configuration;
  return std::nullopt;
}

}  // namespace

void HttpTransport::log_rejection(const Error& error, std::string_view what) {
  if (!rejections_->is_worth_a_line(reason_of(error), real_clock().steady())) return;
  const bool is_foreign = error.kind() == ErrorKind::not_found;
  logger_.log(
      is_foreign ? LogLevel::error : LogLevel::warn,
      fmt::format("discarding {}{}{}", what, is_foreign ? " with " : ": ", error.message()));
}

Task<net::ServerResponse> HttpTransport::handle(net::ServerRequest request) {
  const std::string_view kind = std::string_view(request.path).substr(transport_path.size());
  if (kind != "message" && kind != "stream" && !own_kind(kind))
    co_return net::text_response(404, "404 page not found");
  if (closed_) co_return net::text_response(503, "transport is shut down");
  if (request.http_major != 2) co_return net::ServerResponse{.status = 505};
  if (request.headers.get("content-type") != transport_content_type) {
    rejections_->count(Rejection::unexpected);
    co_return net::text_response(400, "unexpected content type");
  }
  const std::shared_ptr<net::BodyReader> body = std::move(request.body);
  body->set_timeout(kind == "stream" ? stream_timeout : message_read_timeout);
  if (kind == "stream") {
    net::ServerResponse response;
    response.stream = [this, body](std::shared_ptr<net::BodyWriter> writer) {
      return serve_stream(body, std::move(writer));
    };
    co_return response;
  }
  if (const auto own = own_kind(kind)) co_return co_await receive_own_kind(*own, body);
  co_return co_await receive_packets(body, request.remote_address);
}

Task<net::ServerResponse> HttpTransport::receive_own_kind(OwnKind kind,
                                                          std::shared_ptr<net::BodyReader> body) {
  auto text = co_await body->read_all(own_kind_bytes_max);
  if (!text) {
    const bool is_large = text.error().kind() == ErrorKind::full;
    rejections_->count(is_large ? Rejection::too_large : Rejection::truncated);
    co_return net::text_response(400, text.error().message());
  }
  ++stats_->rx_packets;
  stats_->rx_bytes += text->size();
  const auto accepted = co_await asio::co_spawn(strand_, accept_own_kind(kind, *std::move(text)),
                                                asio::use_awaitable);
  if (accepted) co_return net::ServerResponse{};
  log_rejection(accepted.error(),
                kind == OwnKind::announcement ? "announcement" : "configuration notice");
  co_return net::text_response(400, accepted.error().message());
}

Task<Result<void>> HttpTransport::accept_own_kind(OwnKind kind, std::string body) {
  if (closed_ || !inbound_.on_own_kind)
    co_return fail("transport is shut down", ErrorKind::stopped);
  co_return inbound_.on_own_kind(kind, body);
}

Task<net::ServerResponse> HttpTransport::receive_packets(std::shared_ptr<net::BodyReader> body,
                                                         std::string from) {
  const auto received = co_await read_packets(body);
  if (received) co_return net::ServerResponse{};
  const Rejection reason = received.error().kind() == ErrorKind::failed
                               ? Rejection::truncated
                               : reason_of(received.error());
  rejections_->count(reason);
  if (rejections_->is_worth_a_line(reason, real_clock().steady()))
    logger_.warn("error reading packet from peer", {{"addr", from}, {"err", received.error()}});
  co_return net::text_response(400, received.error().message());
}

Task<Result<void>> HttpTransport::read_packets(std::shared_ptr<net::BodyReader> body) {
  InboundBudget::Share share(messages_budget_);
  if (!share.has_place()) co_return too_much();
  const SteadyTime deadline = real_clock().steady() + request_max;
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
      if (!accepted) log_rejection(accepted.error(), "packet");
    }
    CO_TRY(fed);
    if (!share.hold(reader.held_bytes())) co_return too_much();
    if (real_clock().steady() > deadline)
      co_return fail("request takes too long", ErrorKind::timeout);
  }
  if (!reader.at_boundary()) co_return fail("unexpected EOF", ErrorKind::timeout);
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

// All of what the other side says, which is one exchange.
Task<Result<std::string>> HttpTransport::read_stream(std::shared_ptr<net::BodyReader> body) {
  InboundBudget::Share share(streams_budget_);
  if (!share.has_place()) co_return too_much();
  const SteadyTime deadline = real_clock().steady() + request_max;
  FrameReader reader;
  StreamScanner scanner;
  std::string request;
  while (true) {
    const StreamProgress progress = scanner.look(request);
    // What makes no sense gets its answer, too.
    if (progress != StreamProgress::incomplete) co_return request;
    const auto bytes = co_await body->read();
    if (!bytes || bytes->empty()) co_return fail("unexpected EOF", ErrorKind::timeout);
    stats_->stream_rx_bytes += bytes->size();
    std::vector<std::string> payloads;
    CO_TRY(reader.feed(*bytes, payloads));
    for (const std::string& payload : payloads) request += payload;
    if (request.size() > message_bytes_max) co_return fail("stream too large", ErrorKind::full);
    if (!share.hold(request.size() + reader.held_bytes())) co_return too_much();
    if (real_clock().steady() > deadline)
      co_return fail("stream takes too long", ErrorKind::timeout);
  }
}

Task<Result<void>> HttpTransport::serve_stream(std::shared_ptr<net::BodyReader> body,
                                               std::shared_ptr<net::BodyWriter> writer) {
  const Gate::Pass pass = gate_.enter();
  if (!pass) co_return fail("transport is shut down", ErrorKind::stopped);
  ++stats_->streams;
  auto request = co_await read_stream(body);
  ++stats_->stream_rx_packets;
  if (!request) rejections_->count(reason_of(request.error()));
  Result<std::string> answer = std::unexpected(request ? Error("") : request.error());
  if (request)
    answer =
        co_await asio::co_spawn(strand_, accept_exchange(*std::move(request)), asio::use_awaitable);
  --stats_->streams;
  if (!answer) {
    // A stranger gets no answer: the stream just ends.
    if (rejections_->is_worth_a_line(reason_of(answer.error()), real_clock().steady()))
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
