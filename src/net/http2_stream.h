// One request on an HTTP/2 connection: where the connection's strand and the handler's meet.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "net/http_message.h"

namespace alloy::net {

// Created and fed by the connection on its strand; read and written by the handler on its own.
class Http2Stream : public std::enable_shared_from_this<Http2Stream> {
 public:
  // What the stream asks of its connection; called from the handler's strand.
  struct Connection {
    virtual ~Connection() = default;
    // The handler has taken this much: the peer may send as much again.
    virtual void post_consumed(int32_t stream_id, size_t size) = 0;
    // There is something to send.
    virtual void post_resume(int32_t stream_id) = 0;
  };
  struct Limits {
    uint64_t body_bytes_max = 0;
    Duration body_timeout{};
    Duration write_timeout{};
  };

  Http2Stream(std::weak_ptr<Connection> connection, int32_t id, Limits limits);

  // --- The connection's side.
  int32_t id() const { return id_; }
  // The head as it comes in, field by field.
  ServerRequest request;
  size_t head_bytes = 0;
  bool is_head_done = false;
  StopSource stop;

  enum class Received : unsigned char { kept, dropped, too_large };
  // Takes a piece of the body; too_large is said once, later pieces are dropped.
  Received receive(std::string_view piece);
  bool is_body_complete() const;
  void receive_trailer(std::string name, std::string value);
  void receive_end();
  // The stream is no more; readers and writers fail.
  void close(std::string reason);

  struct Piece {
    size_t size = 0;
    bool is_end = false;
    bool is_broken = false;
    bool has_trailers = false;
  };
  // Copies what is to be sent next into `out`. Size 0 and no end: nothing there yet.
  Piece take(char* out, size_t size);
  Headers take_trailers();
  uint64_t sent_bytes() const;

  // --- The handler's side.
  // Nobody will read any more.
  void abandon_body();
  void set_read_timeout(Duration timeout);
  Task<Result<std::string>> read();
  Task<Result<void>> write(std::string chunk);
  void set_trailers(Headers trailers);
  Headers received_trailers() const;
  // A body that is complete already, without a copy.
  void write_all(std::string body);
  // No more is coming; broken means that the peer must not take it for a whole message.
  enum class End : unsigned char { complete, broken };
  void finish(End end);

  // Readers and writers for the handler; they keep the stream alive.
  std::unique_ptr<BodyReader> make_reader(std::optional<uint64_t> size);
  std::shared_ptr<BodyWriter> make_writer();

 private:
  const std::weak_ptr<Connection> connection_;
  const int32_t id_;
  const Limits limits_;
  Event readable_;
  Event writable_;

  mutable std::mutex mutex_;  // Guards everything below.
  std::string in_;
  uint64_t received_ = 0;
  Duration read_timeout_;
  bool is_in_ended_ = false;
  bool is_too_large_ = false;
  bool is_abandoned_ = false;
  Headers in_trailers_;
  std::string out_;
  size_t out_begin_ = 0;
  uint64_t sent_ = 0;
  bool is_out_ended_ = false;
  bool is_out_broken_ = false;
  Headers out_trailers_;
  std::optional<std::string> closed_;
};

}  // namespace alloy::net
