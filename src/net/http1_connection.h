// One HTTP/1 connection of the server: requests one after the other.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "net/http1_head.h"
#include "net/server_context.h"
#include "net/transport.h"

namespace alloy::net {

class Http1Connection : public std::enable_shared_from_this<Http1Connection> {
 public:
  Http1Connection(std::shared_ptr<ServerContext> context, std::shared_ptr<Transport> transport);

  // Serves until either side has had enough. `initial` has been read already.
  Task<> run(std::string initial);

 private:
  class Body;
  class Writer;
  enum class Next : unsigned char { request, close, linger, abort };

  Task<std::optional<Http1Head>> read_head();
  Task<Next> serve(Http1Head head);
  Task<Next> answer(ServerResponse response, bool keep_alive);
  Task<Result<void>> stream_body(const ServerResponse* response, std::string head);
  Task<> refuse(int status, Rejection reason, std::string detail);
  Task<Result<void>> send(std::string_view first, std::string_view second);
  std::string make_head(const ServerResponse& response, bool keep_alive, bool is_stream) const;

  // The body of the current request.
  Task<Result<std::string>> read_body();
  Task<Result<std::string>> read_whole_body(size_t size_max);
  Task<Result<void>> begin_body();
  Task<Result<void>> fill(size_t size, Duration timeout);
  Result<void> count_body(size_t size);
  std::unexpected<Error> body_error(Error error);
  bool discard_buffered_body();
  std::string_view buffered() const { return std::string_view(in_).substr(in_begin_); }
  void consume(size_t size);

  std::shared_ptr<ServerContext> context_;
  std::shared_ptr<Transport> transport_;
  std::string in_;  // What has come, from in_begin_ on not yet used.
  size_t in_begin_ = 0;
  bool is_idle_ = false;
  bool is_draining_ = false;
  bool was_refused_ = false;

  // About the current request.
  uint64_t request_number_ = 0;
  Http1Head head_;
  StopSource stop_;
  Duration body_timeout_{};
  bool sent_continue_ = false;
  bool body_failed_ = false;
  uint64_t body_received_ = 0;
  ChunkedDecoder chunks_;
  uint64_t response_bytes_ = 0;
};

}  // namespace alloy::net
