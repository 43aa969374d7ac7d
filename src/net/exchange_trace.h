// How one exchange went: when each of its phases ended, and what TLS agreed on. For components that
// measure servers rather than use them.
#pragma once

#include <optional>

#include "base/duration.h"
#include "net/http_message.h"
#include "net/tls_state.h"

namespace alloy::net {

// Asking for one makes the exchange use a connection of its own. Times count from the start; zero:
// not reached.
struct ExchangeTrace {
  Duration name_resolved{};
  Duration connected{};
  Duration tls_done{};
  Duration sending{};   // Ready to send the request.
  Duration answered{};  // The first byte of the answer.
  Duration ended{};
  int http_version = 0;  // 10, 11, 20.
  std::optional<TlsState> tls;
  Headers trailers;  // What followed the body.
  // What libcurl is asked about the connection; set while the exchange runs.
  void* easy = nullptr;
  bool is_verified = false;  // Whether certificates are checked.
};

}  // namespace alloy::net
