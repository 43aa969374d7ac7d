// One HTTP/2 connection of the server: nghttp2 keeps the protocol, this moves the bytes and runs a
// handler for each stream.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include <boost/asio/steady_timer.hpp>

#include "net/deadline.h"
#include "net/http2_stream.h"
#include "net/server_context.h"
#include "net/transport.h"

struct nghttp2_session;

namespace alloy::net {

class Http2Connection final : public Http2Stream::Connection,
                              public std::enable_shared_from_this<Http2Connection> {
 public:
  // Runs on `strand`; handlers are spawned into `group`, each on a strand of its own.
  Http2Connection(std::shared_ptr<ServerContext> context, std::shared_ptr<Transport> transport,
                  AnyExecutor strand, TaskGroup& group);
  ~Http2Connection() override;

  // Serves until either side has had enough. `initial` has been read already.
  Task<> run(std::string initial);

  void post_consumed(int32_t stream_id, size_t size) override;
  void post_resume(int32_t stream_id) override;

 private:
  friend struct Http2Callbacks;

  Result<void> open();
  Task<> write_loop();
  Result<void> feed(std::string_view data);
  void wake_writer();
  void drain();
  void close_if_idle();
  void reset_later(int32_t id);

  // What nghttp2 reports.
  void begin_stream(int32_t id);
  bool add_field(Http2Stream& stream, std::string_view name, std::string_view value);
  void head_complete(const std::shared_ptr<Http2Stream>& stream, bool has_body);
  void stream_closed(int32_t id, uint32_t error_code);
  Http2Stream* find(int32_t id);

  void refuse(Http2Stream& stream, int status, Rejection reason, std::string detail);
  void submit(Http2Stream& stream, const ServerResponse& response, bool has_body);
  // The peer may have gone, and its connection with it, before the handler's strand gets to begin.
  static Task<> handle(std::shared_ptr<Http2Connection> self, std::shared_ptr<Http2Stream> stream,
                       ServerRequest request);
  Task<> send_answer(std::shared_ptr<Http2Stream> stream, ServerResponse response, bool is_head);
  // Submits the head from the handler's strand.
  void post_answer(const std::shared_ptr<Http2Stream>& stream, ServerResponse response,
                   bool has_body);

  std::shared_ptr<ServerContext> context_;
  std::shared_ptr<Transport> transport_;
  AnyExecutor strand_;
  TaskGroup& group_;
  nghttp2_session* session_ = nullptr;
  std::unordered_map<int32_t, std::shared_ptr<Http2Stream>> streams_;
  Deadline idle_;
  boost::asio::steady_timer writer_wake_;
  bool has_work_ = false;
  bool is_closed_ = false;
  bool writer_done_ = false;
  boost::asio::steady_timer writer_finished_;
};

}  // namespace alloy::net
