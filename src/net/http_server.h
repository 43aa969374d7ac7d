// An HTTP server: HTTP/1.1 and HTTP/2 (prior knowledge on plain connections, ALPN over TLS) on one
// port. Slow, silent, oversized and malformed peers are turned away with a counted reason, and can
// hold only bounded memory.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/duration.h"
#include "base/error.h"
#include "base/task.h"
#include "net/http_message.h"
#include "net/tls_server_options.h"

namespace alloy::net {

// Why a connection or request was turned away.
enum class Rejection : unsigned char {
  too_many_connections,
  tls_handshake,    // Including plain HTTP sent to a TLS port.
  malformed,        // Not HTTP, or HTTP that could be read in two ways.
  head_too_large,   // 431
  body_too_large,   // 413
  head_timeout,     // 408
  body_timeout,     // The body stopped flowing.
  write_timeout,    // The peer takes nothing of the answer.
  too_many_resets,  // HTTP/2 streams opened and cancelled over and over.
  handler_failed,   // The handler threw: a bug of ours, answered 500.
  count_,
};
std::string_view rejection_name(Rejection reason);

// Counters since the start; read them at any time.
struct HttpServerStats {
  std::atomic<uint64_t> connections_total = 0;
  std::atomic<int64_t> connections_open = 0;
  std::atomic<uint64_t> requests_total = 0;
  std::atomic<int64_t> requests_in_flight = 0;
  std::atomic<uint64_t> received_bytes_total = 0;
  std::atomic<uint64_t> sent_bytes_total = 0;
  std::array<std::atomic<uint64_t>, static_cast<size_t>(Rejection::count_)> rejected{};
};

// One answered request, for access logs and metrics.
struct RequestRecord {
  std::string_view method;
  std::string_view path;
  std::string_view remote_address;
  int http_major = 1;
  int status = 0;
  uint64_t response_bytes = 0;
  Duration duration{};
};

struct HttpServerOptions {
  std::string listen_address = "127.0.0.1:0";  // host:port; host may be empty (every address).
  std::optional<TlsServerOptions> tls;
  unsigned connections_max = 10'000;
  unsigned streams_max = 250;           // HTTP/2 requests side by side on one connection.
  size_t head_bytes_max = 64 << 10;     // Request line and headers.
  uint64_t body_bytes_max = 256 << 20;  // Of a request, on the wire; 0: no limit.
  Duration head_timeout = 30s;          // From the first byte of a request to the end of its head.
  Duration body_timeout = 30s;          // Without a single byte while the handler waits for one.
  Duration write_timeout = 30s;         // Without the peer taking a byte of what is to be sent.
  Duration idle_timeout = 5min;         // Between requests.
  Duration drain_timeout = 5s;          // For requests in progress when asked to stop.

  // Hooks, called on a connection's strand; they must not block.
  std::function<void(Rejection, std::string_view remote_address, std::string_view detail)>
      on_rejected;
  std::function<void(const RequestRecord&)> on_request;
};

class HttpServer {
 public:
  // Binds and listens; connections wait until run(). Errors read like Go's ("listen tcp
  // 127.0.0.1:80: bind: permission denied").
  static Result<std::unique_ptr<HttpServer>> create(AnyExecutor executor, HttpServerOptions options,
                                                    Handler handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  uint16_t port() const;
  // "127.0.0.1:41234": where it really listens.
  std::string address() const;

  // Serves until asked to stop; then takes no more connections, lets requests in progress finish
  // for at most drain_timeout, and leaves nothing running.
  Task<> run(StopToken stop);

  // Answers a request in-process, past any socket, through the same handler.
  Task<ServerResponse> dispatch(ServerRequest request);

  // From now on new connections use these (none: plain). Fails without changing anything when the
  // certificates can't be read. From any thread.
  Result<void> set_tls(std::optional<TlsServerOptions> tls);

  const HttpServerStats& stats() const;

 private:
  struct State;
  explicit HttpServer(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace alloy::net
