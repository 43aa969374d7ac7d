// A connection we open ourselves, plain or through TLS (also from the middle on, as STARTTLS does),
// for protocols of our own making. Outgoing HTTP has http_client.h.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/task.h"
#include "net/http_client_options.h"
#include "net/tls_state.h"

namespace alloy::net {

struct ConnectOptions {
  std::string address;  // An IP address; see net/dns.h for names.
  uint16_t port = 0;
  std::string unix_socket;     // The path to connect to in place of the above.
  std::string source_address;  // The IP address to come from; empty: the system chooses.
};

// All calls from the strand of the coroutine that connected; one at a time. Errors read like Go's
// ("dial tcp 127.0.0.1:1: connect: connection refused"); kinds timeout and stopped.
class ClientConnection {
 public:
  // `stop` ends whatever is in progress, then and later. Every wait ends at the deadline.
  static Task<Result<std::unique_ptr<ClientConnection>>> connect(ConnectOptions options,
                                                                 SteadyTime deadline,
                                                                 StopToken stop);
  virtual ~ClientConnection() = default;

  // From here on everything goes through TLS. `server_name`: to ask for and to verify, where the
  // options name none.
  virtual Task<Result<>> start_tls(TlsClientOptions options, std::string server_name) = 0;
  // At least one byte; 0 when the peer has finished sending.
  virtual Task<Result<size_t>> read(char* data, size_t size) = 0;
  virtual Task<Result<>> write(std::string_view data) = 0;
  // None without TLS.
  virtual std::optional<TlsState> tls_state() const = 0;
};

}  // namespace alloy::net
