// The messages of the membership protocol (SWIM, as memberlist spells it) and of the node states
// that Alloy gossips on top of it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace alloy::cluster {

// The first byte of every message.
enum class MessageType : uint8_t {
  ping = 0,
  indirect_ping = 1,
  ack = 2,
  suspect = 3,
  alive = 4,
  dead = 5,
  push_pull = 6,
  compound = 7,
  user = 8,
  compress = 9,
  encrypt = 10,
  nack = 11,
  has_crc = 12,
  error = 13,
  label = 244,
};

// Network-order bytes of an IP address (4 or 16) and a port.
struct Address {
  std::string ip;
  uint16_t port = 0;

  friend bool operator==(const Address&, const Address&) = default;
  friend auto operator<=>(const Address&, const Address&) = default;
};

// "10.0.0.1:12345", "[::1]:80"; errors name what is wrong.
std::string format_address(const Address& address);
std::string format_ip(std::string_view ip);
Result<Address> parse_address(std::string_view text);

// Protocol versions a node speaks: minimum, maximum and current of protocol and delegate.
inline constexpr std::string_view protocol_versions{"\x01\x05\x02\x00\x00\x00", 6};

struct Ping {
  uint32_t sequence = 0;
  std::string node;
  Address source;
  std::string source_node;
};

struct IndirectPing {
  uint32_t sequence = 0;
  Address target;
  std::string node;
  bool nack = false;
  Address source;
  std::string source_node;
};

struct Ack {
  uint32_t sequence = 0;
  std::optional<std::string> payload;
};

struct Nack {
  uint32_t sequence = 0;
};

struct Suspect {
  uint32_t incarnation = 0;
  std::string node;
  std::string from;
};

struct Alive {
  uint32_t incarnation = 0;
  std::string node;
  Address address;
  std::optional<std::string> meta;  // Unset and empty are told apart on the wire.
  std::string versions;
};

struct Dead {
  uint32_t incarnation = 0;
  std::string node;
  std::string from;
};

struct ErrorReply {
  std::string error;
};

struct Compressed {
  uint8_t algorithm = 0;
  std::string buffer;
};

enum class Liveness : uint8_t { alive = 0, suspect = 1, dead = 2, left = 3 };

struct PushPullNode {
  std::string name;
  Address address;
  std::optional<std::string> meta;  // Unset and empty are told apart on the wire.
  uint32_t incarnation = 0;
  Liveness state = Liveness::alive;
  std::string versions;
};

struct PushPull {
  bool join = false;
  std::vector<PushPullNode> nodes;
  std::string user_state;
};

// How a node takes part: viewers own nothing; terminating nodes no longer do.
enum class NodeRole : uint8_t { viewer = 0, participant = 1, terminating = 2 };
std::string_view name_of(NodeRole role);

struct RoleChange {
  std::string node;
  NodeRole role = NodeRole::viewer;
  uint64_t time = 0;  // Lamport time.

  friend bool operator==(const RoleChange&, const RoleChange&) = default;
};

struct RoleTable {
  uint64_t time = 0;  // Lamport time of the sender.
  std::vector<RoleChange> roles;
};

// With the type byte in front.
std::string encode(const Ping& message);
std::string encode(const IndirectPing& message);
std::string encode(const Ack& message);
std::string encode(const Nack& message);
std::string encode(const Suspect& message);
std::string encode(const Alive& message);
std::string encode(const Dead& message);
std::string encode(const ErrorReply& message);
std::string encode(const Compressed& message);
std::string encode(const PushPull& message);
// The body of a `user` message, without its type byte.
std::string encode(const RoleChange& message);
// What push/pull carries as user state.
std::string encode(const RoleTable& message);

// From the bytes behind the type byte. Missing fields are zero, unknown ones are passed over.
Result<Ping> decode_ping(std::string_view body);
Result<IndirectPing> decode_indirect_ping(std::string_view body);
Result<Ack> decode_ack(std::string_view body);
Result<Nack> decode_nack(std::string_view body);
Result<Suspect> decode_suspect(std::string_view body);
Result<Alive> decode_alive(std::string_view body);
Result<Dead> decode_dead(std::string_view body);
Result<ErrorReply> decode_error(std::string_view body);
Result<Compressed> decode_compressed(std::string_view body);
Result<PushPull> decode_push_pull(std::string_view body);
// What the head of a push/pull says about the rest: to be read first.
struct PushPullSize {
  uint64_t nodes = 0;
  uint64_t user_state_bytes = 0;
};
Result<PushPullSize> decode_push_pull_size(std::string_view body);
Result<RoleChange> decode_role_change(std::string_view user_message);
Result<RoleTable> decode_role_table(std::string_view user_state);

}  // namespace alloy::cluster
