// ZooKeeper's messages: big-endian numbers, and texts with their length in front.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace alloy::discovery::zookeeper {

enum class Operation : int32_t { exists = 3, get_data = 4, get_children = 8, ping = 11 };

// What goes ahead of each message: its size.
inline constexpr size_t frame_head_size = 4;
inline constexpr size_t message_size_max = 16 << 20;
uint32_t read_frame_size(std::string_view head);

// Whole frames.
std::string connect_request(int32_t timeout_milliseconds);
std::string ping_request();
// Asks about a node, and for one notification when that changes.
std::string watch_request(int32_t id, Operation operation, std::string_view path);

// Ids that the server uses for what is no answer to a request.
inline constexpr int32_t notification_id = -1;
inline constexpr int32_t ping_id = -2;
inline constexpr int32_t no_node = -101;

struct Reply {
  int32_t id = 0;
  int32_t error = 0;
  std::string_view body;  // A part of the message.
};
Result<Reply> parse_reply(std::string_view message);
Result<std::vector<std::string>> parse_children(std::string_view body);
Result<std::string> parse_data(std::string_view body);

}  // namespace alloy::discovery::zookeeper
