// Takes connections on a port, plain or through TLS, for protocols of our own making.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/duration.h"
#include "base/error.h"
#include "base/task.h"
#include "net/tls_server_options.h"
#include "net/transport.h"

namespace alloy::net {

struct StreamServerOptions {
  std::string listen_address = "127.0.0.1:0";  // host:port; host may be empty (every address).
  std::optional<TlsServerOptions> tls;
  unsigned connections_max = 10'000;  // One more takes the place of none: it is refused.
  Duration handshake_timeout = 30s;
  // Hears of each connection that nobody gets to serve: a name for the reason as metrics have it
  // ("too_many_connections", "tls_handshake"), who it was, and the words. From any thread.
  std::function<void(std::string_view reason, std::string_view remote, std::string_view detail)>
      on_refused;
};

class StreamServer {
 public:
  // Runs for each connection, on a strand of its own, after the handshake; returns when asked to
  // stop, at which time reads fail.
  using Serve = std::function<Task<>(std::shared_ptr<Transport>, StopToken)>;

  // Binds and listens; connections wait until run().
  static Result<std::unique_ptr<StreamServer>> create(AnyExecutor executor,
                                                      StreamServerOptions options, Serve serve);
  ~StreamServer();
  StreamServer(const StreamServer&) = delete;
  StreamServer& operator=(const StreamServer&) = delete;

  // "127.0.0.1:41234": where it really listens.
  std::string address() const;

  // Serves until asked to stop; then closes all connections and waits for who serves them.
  Task<> run(StopToken stop);

 private:
  struct State;
  explicit StreamServer(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace alloy::net
