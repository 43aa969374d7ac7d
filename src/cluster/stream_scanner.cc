#include "cluster/stream_scanner.h"

#include "cluster/limits.h"
#include "cluster/messages.h"
#include "cluster/msgpack.h"

namespace alloy::cluster {
namespace {

// A value other than compressed bytes is no longer than this.
constexpr size_t value_bytes_max = 64 << 10;

// How long the value at the start is; 0 if it is not all there yet.
size_t value_bytes(std::string_view bytes) {
  MsgpackReader reader(bytes);
  reader.skip();
  return reader.ok() ? bytes.size() - reader.rest().size() : 0;
}

StreamProgress awaited(size_t bytes, size_t bytes_max) {
  return bytes > bytes_max ? StreamProgress::unusable : StreamProgress::incomplete;
}

}  // namespace

StreamProgress StreamScanner::look(std::string_view bytes) {
  if (nodes_left_) return look_for_nodes(bytes);
  std::string_view body = bytes;
  if (body.empty()) return StreamProgress::incomplete;
  if (static_cast<unsigned char>(body[0]) == static_cast<unsigned>(MessageType::label)) {
    if (body.size() < 2) return StreamProgress::incomplete;
    const size_t length = 2 + static_cast<unsigned char>(body[1]);
    if (body.size() <= length) return StreamProgress::incomplete;
    body.remove_prefix(length);
  }
  const auto type = static_cast<MessageType>(body[0]);
  body.remove_prefix(1);
  switch (type) {
    case MessageType::compress:
      return value_bytes(body) > 0 ? StreamProgress::complete
                                   : awaited(body.size(), message_bytes_max);
    case MessageType::ping:
      return value_bytes(body) > 0 ? StreamProgress::complete
                                   : awaited(body.size(), value_bytes_max);
    case MessageType::push_pull:
      passed_ = bytes.size() - body.size();
      return look_for_header(bytes);
    default:
      return StreamProgress::unusable;
  }
}

StreamProgress StreamScanner::look_for_header(std::string_view bytes) {
  const std::string_view body = bytes.substr(passed_);
  const size_t length = value_bytes(body);
  if (length == 0) return awaited(body.size(), value_bytes_max);
  const auto size = decode_push_pull_size(body);
  if (!size) return StreamProgress::unusable;
  passed_ += length;
  nodes_left_ = size->nodes;
  user_state_bytes_ = size->user_state_bytes;
  return look_for_nodes(bytes);
}

StreamProgress StreamScanner::look_for_nodes(std::string_view bytes) {
  for (; *nodes_left_ > 0; --*nodes_left_) {
    const std::string_view body = bytes.substr(passed_);
    const size_t length = value_bytes(body);
    if (length == 0) return awaited(body.size(), value_bytes_max);
    passed_ += length;
  }
  return bytes.size() - passed_ < user_state_bytes_ ? StreamProgress::incomplete
                                                    : StreamProgress::complete;
}

StreamProgress stream_progress(std::string_view bytes) { return StreamScanner().look(bytes); }

}  // namespace alloy::cluster
