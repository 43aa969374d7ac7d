// How nodes reach each other in the real world: packets and streams as HTTP/2 requests on the port
// that serves everything else too.
//
//   POST /api/v1/ckit/transport/message   any number of framed packets, answered when all are read
//   POST /api/v1/ckit/transport/stream    one exchange, both ways at once
// and, what only nodes of our kind say,
//   POST /api/v1/ckit/transport/announce       handover.h
//   POST /api/v1/ckit/transport/configuration  configuration_notice.h
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/log.h"
#include "base/task.h"
#include "cluster/inbound_budget.h"
#include "cluster/node.h"
#include "net/http2_peer.h"
#include "net/http_message.h"

namespace alloy::cluster {

inline constexpr std::string_view transport_path = "/api/v1/ckit/transport/";
inline constexpr std::string_view transport_content_type = "application/x.ckit";

// Read at any time, from any thread.
struct TransportStats {
  std::atomic<uint64_t> rx_packets = 0;
  std::atomic<uint64_t> rx_bytes = 0;
  std::atomic<uint64_t> tx_packets = 0;
  std::atomic<uint64_t> tx_bytes = 0;
  std::atomic<uint64_t> tx_packets_failed = 0;  // Not delivered, or dropped from a full queue.
  std::atomic<int64_t> tx_queue_length = 0;
  std::atomic<int64_t> streams = 0;
  std::atomic<uint64_t> stream_rx_packets = 0;
  std::atomic<uint64_t> stream_rx_bytes = 0;
  std::atomic<uint64_t> stream_tx_packets = 0;
  std::atomic<uint64_t> stream_tx_bytes = 0;
  std::atomic<uint64_t> stream_tx_packets_failed = 0;
};

// What is said outside of the protocol.
enum class OwnKind : uint8_t { announcement, configuration };

class HttpTransport final : public Transport {
 public:
  // What arrives for the node; called on the strand.
  struct Inbound {
    std::function<Result<void>(std::string_view packet)> on_packet;
    std::function<Result<std::string>(std::string_view request)> on_exchange;
    // Something that a node of our kind says outside of the protocol; a refusal is counted there.
    std::function<Result<void>(OwnKind kind, std::string_view body)> on_own_kind = {};
    std::function<void(const Address&)> on_connection_lost = {};
    std::function<void(const Address&)> on_refused = {};
  };

  // With `tls` all connections to others use it; what comes in is the server's business.
  HttpTransport(AnyExecutor strand, Logger logger,
                std::shared_ptr<const net::TlsPeerContext> tls = nullptr,
                std::shared_ptr<Rejections> rejections = std::make_shared<Rejections>());
  ~HttpTransport() override;  // Asserts that close() has returned.

  void set_inbound(Inbound inbound) { inbound_ = std::move(inbound); }

  // On the strand.
  void send_packet(const Address& to, std::string packet) override;
  void exchange(const Address& to, std::string request,
                std::function<void(Result<std::string>)> done) override;
  // Says something outside of the protocol. False: the other side doesn't know such things.
  Task<Result<bool>> say(Address to, OwnKind kind, std::string body, Duration timeout);
  // On the strand: refuses everything from now on, breaks off what is in progress and waits for it.
  Task<> close();

  // Answers a request below transport_path. From any strand.
  Task<net::ServerResponse> handle(net::ServerRequest request);

  const TransportStats& stats() const { return *stats_; }

 private:
  // Everything that goes to one node: packets wait in line for one request after another, so that
  // an unreachable node holds up nobody else.
  struct Destination {
    std::shared_ptr<net::Http2Peer> peer;
    std::deque<std::string> packets;
    bool is_sending = false;
    SteadyTime last_used = {};

    bool is_waiting() const { return is_sending || !packets.empty(); }
    bool is_idle() const { return !is_waiting() && !(peer && peer->is_open()); }
  };

  // Null when there are too many already: addresses come from what others say.
  Destination* destination(const Address& to);
  void forget_if_idle(const Address& to);
  void close_unused(SteadyTime now);
  void drop_oldest(Destination& target);
  Task<> send_queued(Address to);
  Task<Result<void>> post_packets(Address to, std::string body);
  Task<Result<int>> post(Address to, std::string_view kind, std::string body, Duration timeout);
  Task<> run_exchange(Address to, std::string request,
                      std::function<void(Result<std::string>)> done);
  Task<Result<std::string>> exchange_on(Address to, std::string request);
  Task<Result<std::shared_ptr<net::Http2Peer>>> connected(Address to, Duration timeout);
  Task<net::ServerResponse> receive_packets(std::shared_ptr<net::BodyReader> body,
                                            std::string from);
  Task<Result<void>> read_packets(std::shared_ptr<net::BodyReader> body);
  Task<net::ServerResponse> receive_own_kind(OwnKind kind, std::shared_ptr<net::BodyReader> body);
  Task<Result<std::string>> read_stream(std::shared_ptr<net::BodyReader> body);
  Task<Result<void>> serve_stream(std::shared_ptr<net::BodyReader> body,
                                  std::shared_ptr<net::BodyWriter> writer);
  Task<Result<void>> accept_packet(std::string packet);
  Task<Result<std::string>> accept_exchange(std::string request);
  Task<Result<void>> accept_own_kind(OwnKind kind, std::string body);
  void log_rejection(const Error& error, std::string_view what);

  AnyExecutor strand_;
  Logger logger_;
  std::shared_ptr<const net::TlsPeerContext> tls_;
  std::shared_ptr<Rejections> rejections_;
  Inbound inbound_;
  InboundBudget messages_budget_;
  InboundBudget streams_budget_;
  size_t queued_bytes_ = 0;  // Of all destinations.
  SteadyTime next_sweep_ = {};
  std::shared_ptr<TransportStats> stats_ = std::make_shared<TransportStats>();
  TaskGroup tasks_;
  std::map<Address, Destination> destinations_;
  Gate gate_;
  std::atomic<bool> closed_ = false;
};

}  // namespace alloy::cluster
