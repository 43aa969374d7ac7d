// The bytes of one accepted connection, plain or through TLS.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/ip/tcp.hpp>

#include "base/duration.h"
#include "base/task.h"
#include "net/tls_context.h"

namespace alloy::net {

// All calls on the strand it was made with; at most one read and one write at a time.
class Transport {
 public:
  // With a TLS context the connection starts with a handshake.
  static std::shared_ptr<Transport> create(AnyExecutor strand, boost::asio::ip::tcp::socket socket,
                                           std::shared_ptr<TlsContext> tls);
  virtual ~Transport() = default;

  // Fails with kind timeout or failed; nothing can be done then but to close.
  virtual Task<Result<void>> handshake(Duration timeout) = 0;
  // At least one byte; 0 when the peer has finished sending. Timeout zero: none.
  virtual Task<Result<size_t>> read(char* data, size_t size, Duration timeout) = 0;
  // All of both; the peer must take something each `timeout`.
  virtual Task<Result<void>> write(std::string_view first, std::string_view second,
                                   Duration timeout) = 0;
  // Says goodbye and closes. Lingering first reads what the peer is still sending, for a moment:
  // otherwise the connection would be reset, and the reset could overtake our answer.
  enum class Goodbye : unsigned char { plain, lingering };
  virtual Task<> shut_down(Goodbye goodbye) = 0;
  // Ends a read or write in progress; that fails.
  virtual void cancel() = 0;
  virtual void close() = 0;

  virtual const std::string& remote_address() const = 0;
  virtual bool is_secure() const = 0;
  // Whether ALPN chose HTTP/2.
  virtual bool negotiated_http2() const = 0;
  virtual std::string client_common_name() const = 0;
};

}  // namespace alloy::net
