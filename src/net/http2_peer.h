// A connection to another program of our kind: HTTP/2 with prior knowledge, requests whose bodies
// flow both ways at once. The cluster's nodes talk like this; everything else that goes out uses
// HttpClient.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.h"
#include "base/error.h"
#include "base/task.h"
#include "net/http_message.h"
#include "net/tls_peer_context.h"

namespace alloy::net {

// One request. To be used on the connection's strand, by one reader and one writer.
class Http2Call {
 public:
  virtual ~Http2Call() = default;  // Cancels the request if it is not over.

  // Waits for the head of the answer.
  virtual Task<Result<int>> status(Duration timeout) = 0;
  // Queues a piece of the body.
  virtual void write(std::string_view piece) = 0;
  // No more is coming.
  virtual void finish() = 0;
  // The next bytes of the answer; empty at its end.
  virtual Task<Result<std::string>> read(Duration timeout) = 0;
};

class Http2Peer {
 public:
  // Connects to an IP address; the peer's own strand is `strand`, on which everything is called.
  // Fails with kind not_found if nobody listens there. With `tls` the connection starts with a
  // handshake.
  static Task<Result<std::shared_ptr<Http2Peer>>> connect(
      AnyExecutor strand, std::string ip, uint16_t port, Duration timeout,
      std::shared_ptr<const TlsPeerContext> tls = nullptr);
  virtual ~Http2Peer() = default;

  // Whether new calls can be made; a broken connection stays broken.
  virtual bool is_open() const = 0;
  // Starts a request whose body is written piece by piece.
  virtual std::unique_ptr<Http2Call> call(std::string_view method, std::string_view path,
                                          const Headers& headers) = 0;
  // Calls back, on the strand, when the connection breaks or the other side closes it.
  virtual void on_lost(std::function<void()> lost) = 0;
  // Breaks every call off. The connection's own tasks end soon after.
  virtual void close() = 0;
};

}  // namespace alloy::net
