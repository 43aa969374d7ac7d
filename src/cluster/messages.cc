#include "cluster/messages.h"

#include <algorithm>
#include <concepts>
#include <limits>
#include <tuple>

#include <fmt/format.h>

#include "cluster/limits.h"
#include "cluster/msgpack.h"

namespace alloy::cluster {
namespace {

constexpr std::string_view role_change_magic{"\x12\x01\x01", 3};

// The wire names of each struct's fields, in the order in which the original declares them (which
// is what a struct sent as an array means). Encoding sorts them by name.
enum class Presence { always, unless_zero };

template <class Member>
struct Field {
  Field(std::string_view n, Member& m, Presence p = Presence::always)
      : name(n), member(m), presence(p) {}
  std::string_view name;
  Member& member;
  Presence presence;
};
// An integer that is signed on the wire.
template <class T>
struct Signed {
  T& value;
};

auto fields_of(Ping& m) {
  return std::tuple(Field{"SeqNo", m.sequence}, Field{"Node", m.node},
                    Field{"SourceAddr", m.source.ip, Presence::unless_zero},
                    Field{"SourcePort", m.source.port, Presence::unless_zero},
                    Field{"SourceNode", m.source_node, Presence::unless_zero});
}
auto fields_of(IndirectPing& m) {
  return std::tuple(Field{"SeqNo", m.sequence}, Field{"Target", m.target.ip},
                    Field{"Port", m.target.port}, Field{"Node", m.node}, Field{"Nack", m.nack},
                    Field{"SourceAddr", m.source.ip, Presence::unless_zero},
                    Field{"SourcePort", m.source.port, Presence::unless_zero},
                    Field{"SourceNode", m.source_node, Presence::unless_zero});
}
template <class T>
struct Owned {
  std::string_view name;
  T member;
  Presence presence = Presence::always;
};
auto fields_of(Ack& m) {
  return std::tuple(Field{"SeqNo", m.sequence}, Field{"Payload", m.payload});
}
auto fields_of(Nack& m) { return std::tuple(Field{"SeqNo", m.sequence}); }
auto fields_of(Suspect& m) {
  return std::tuple(Field{"Incarnation", m.incarnation}, Field{"Node", m.node},
                    Field{"From", m.from});
}
auto fields_of(Dead& m) {
  return std::tuple(Field{"Incarnation", m.incarnation}, Field{"Node", m.node},
                    Field{"From", m.from});
}
auto fields_of(Alive& m) {
  return std::tuple(Field{"Incarnation", m.incarnation}, Field{"Node", m.node},
                    Field{"Addr", m.address.ip}, Field{"Port", m.address.port},
                    Field{"Meta", m.meta}, Field{"Vsn", m.versions});
}
auto fields_of(ErrorReply& m) { return std::tuple(Field{"Error", m.error}); }
auto fields_of(Compressed& m) {
  return std::tuple(Field{"Algo", m.algorithm}, Field{"Buf", m.buffer});
}
struct PushPullHeader {
  int64_t nodes = 0;
  int64_t user_state_bytes = 0;
  bool join = false;
};
auto fields_of(PushPullHeader& m) {
  return std::tuple(Owned{"Nodes", Signed{m.nodes}},
                    Owned{"UserStateLen", Signed{m.user_state_bytes}}, Field{"Join", m.join});
}
auto fields_of(PushPullNode& m) {
  return std::tuple(Field{"Name", m.name}, Field{"Addr", m.address.ip},
                    Field{"Port", m.address.port}, Field{"Meta", m.meta},
                    Field{"Incarnation", m.incarnation}, Owned{"State", Signed{m.state}},
                    Field{"Vsn", m.versions});
}
auto fields_of(RoleChange& m) {
  return std::tuple(Field{"NodeName", m.node}, Field{"NewState", m.role}, Field{"Time", m.time});
}
auto fields_of(RoleTable& m) {
  return std::tuple(Field{"CurrentTime", m.time}, Field{"NodeStates", m.roles});
}

template <class T>
void write_struct(MsgpackWriter& out, const T& message);

void write(MsgpackWriter& out, const std::string& value) { out.raw(value); }
void write(MsgpackWriter& out, bool value) { out.boolean(value); }
void write(MsgpackWriter& out, NodeRole value) {
  out.unsigned_integer(static_cast<uint64_t>(value));
}
void write(MsgpackWriter& out, const std::optional<std::string>& value) {
  value ? out.raw(*value) : out.nil();
}
template <std::unsigned_integral T>
void write(MsgpackWriter& out, T value) {
  out.unsigned_integer(value);
}
template <class T>
void write(MsgpackWriter& out, Signed<T> value) {
  out.signed_integer(static_cast<int64_t>(value.value));
}
void write(MsgpackWriter& out, const std::vector<RoleChange>& value) {
  out.array(value.size());
  for (const RoleChange& change : value) write_struct(out, change);
}

template <class T>
bool is_zero(const T& value) {
  if constexpr (std::integral<T>) {
    return value == 0;
  } else if constexpr (std::same_as<T, std::string>) {
    return value.empty();
  } else {
    return false;
  }
}

template <class T>
void write_struct(MsgpackWriter& out, const T& message) {
  struct Entry {
    std::string_view name;
    std::string bytes;
  };
  std::vector<Entry> entries;
  std::apply(
      [&](auto... field) {
        const auto add = [&](const auto& f) {
          if (f.presence == Presence::unless_zero && is_zero(f.member)) return;
          entries.push_back({f.name, {}});
          MsgpackWriter value(entries.back().bytes);
          value.raw(f.name);
          write(value, f.member);
        };
        (add(field), ...);
      },
      fields_of(const_cast<T&>(message)));
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.name < b.name; });
  out.map(entries.size());
  for (const Entry& entry : entries) out.append(entry.bytes);
}

template <class T>
void read_struct(MsgpackReader& in, T& message);

void read(MsgpackReader& in, std::string& value) { value = in.raw(); }
void read(MsgpackReader& in, bool& value) { value = in.boolean(); }
void read(MsgpackReader& in, NodeRole& value) {
  value = static_cast<NodeRole>(in.unsigned_integer(static_cast<uint64_t>(NodeRole::terminating)));
}
void read(MsgpackReader& in, std::optional<std::string>& value) {
  value = in.is_nil() ? std::nullopt : std::optional(std::string());
  std::string bytes = in.raw();
  if (value) *value = std::move(bytes);
}
template <std::unsigned_integral T>
void read(MsgpackReader& in, T& value) {
  value = static_cast<T>(in.unsigned_integer(std::numeric_limits<T>::max()));
}
template <class T>
void read(MsgpackReader& in, Signed<T> value) {
  const int64_t number = in.signed_integer();
  value.value = static_cast<T>(number);
  if (static_cast<int64_t>(value.value) != number) in.reject();
}
void read(MsgpackReader& in, std::vector<RoleChange>& value) {
  const auto header = in.map_or_array();
  if (header.count > listed_nodes_max) return in.reject();
  for (size_t i = 0; i < header.count && in.ok(); ++i) read_struct(in, value.emplace_back());
}

template <class T>
void read_struct(MsgpackReader& in, T& message) {
  const auto header = in.map_or_array();
  auto fields = fields_of(message);
  for (size_t i = 0; i < header.count && in.ok(); ++i) {
    const std::string name = header.is_map ? in.raw() : std::string();
    bool found = false;
    size_t position = 0;
    std::apply(
        [&](auto&... field) {
          const auto offer = [&](auto& f) {
            const bool matches = header.is_map ? f.name == name : position == i;
            ++position;
            if (!matches || found) return;
            read(in, f.member);
            found = true;
          };
          (offer(field), ...);
        },
        fields);
    if (!found) in.skip();
  }
}

template <class T>
std::string encode_message(MessageType type, const T& message) {
  std::string out(1, static_cast<char>(type));
  MsgpackWriter writer(out);
  write_struct(writer, message);
  return out;
}

template <class T>
Result<T> decode_message(std::string_view what, std::string_view body) {
  MsgpackReader reader(body);
  T message;
  read_struct(reader, message);
  if (!reader.ok()) return fail(fmt::format("malformed {} message", what), ErrorKind::invalid);
  return message;
}

}  // namespace

std::string_view name_of(NodeRole role) {
  switch (role) {
    case NodeRole::viewer:
      return "viewer";
    case NodeRole::participant:
      return "participant";
    case NodeRole::terminating:
      return "terminating";
  }
  return "unknown";
}

std::string encode(const Ping& m) { return encode_message(MessageType::ping, m); }
std::string encode(const IndirectPing& m) { return encode_message(MessageType::indirect_ping, m); }
std::string encode(const Ack& m) { return encode_message(MessageType::ack, m); }
std::string encode(const Nack& m) { return encode_message(MessageType::nack, m); }
std::string encode(const Suspect& m) { return encode_message(MessageType::suspect, m); }
std::string encode(const Alive& m) { return encode_message(MessageType::alive, m); }
std::string encode(const Dead& m) { return encode_message(MessageType::dead, m); }
std::string encode(const ErrorReply& m) { return encode_message(MessageType::error, m); }
std::string encode(const Compressed& m) { return encode_message(MessageType::compress, m); }

std::string encode(const PushPull& m) {
  std::string out(1, static_cast<char>(MessageType::push_pull));
  MsgpackWriter writer(out);
  write_struct(writer, PushPullHeader{static_cast<int64_t>(m.nodes.size()),
                                      static_cast<int64_t>(m.user_state.size()), m.join});
  for (const PushPullNode& node : m.nodes) write_struct(writer, node);
  return out + m.user_state;
}

std::string encode(const RoleChange& m) {
  std::string out(role_change_magic);
  MsgpackWriter writer(out);
  write_struct(writer, m);
  return out;
}

std::string encode(const RoleTable& m) {
  std::string out;
  MsgpackWriter writer(out);
  write_struct(writer, m);
  return out;
}

Result<Ping> decode_ping(std::string_view body) { return decode_message<Ping>("ping", body); }
Result<IndirectPing> decode_indirect_ping(std::string_view body) {
  return decode_message<IndirectPing>("indirect ping", body);
}
Result<Ack> decode_ack(std::string_view body) { return decode_message<Ack>("ack", body); }
Result<Nack> decode_nack(std::string_view body) { return decode_message<Nack>("nack", body); }
Result<Suspect> decode_suspect(std::string_view body) {
  return decode_message<Suspect>("suspect", body);
}
Result<Alive> decode_alive(std::string_view body) { return decode_message<Alive>("alive", body); }
Result<Dead> decode_dead(std::string_view body) { return decode_message<Dead>("dead", body); }
Result<ErrorReply> decode_error(std::string_view body) {
  return decode_message<ErrorReply>("error", body);
}
Result<Compressed> decode_compressed(std::string_view body) {
  return decode_message<Compressed>("compressed", body);
}

namespace {

std::unexpected<Error> malformed_push_pull() {
  return fail("malformed push/pull message", ErrorKind::invalid);
}

Result<PushPullHeader> read_push_pull_header(MsgpackReader& reader) {
  PushPullHeader header;
  read_struct(reader, header);
  if (!reader.ok() || header.nodes < 0 || header.user_state_bytes < 0) return malformed_push_pull();
  if (static_cast<uint64_t>(header.nodes) > listed_nodes_max ||
      static_cast<uint64_t>(header.user_state_bytes) > message_bytes_max)
    return fail("push/pull message too large", ErrorKind::full);
  return header;
}

}  // namespace

Result<PushPullSize> decode_push_pull_size(std::string_view body) {
  MsgpackReader reader(body);
  TRY(const PushPullHeader header, read_push_pull_header(reader));
  return PushPullSize{static_cast<uint64_t>(header.nodes),
                      static_cast<uint64_t>(header.user_state_bytes)};
}

Result<PushPull> decode_push_pull(std::string_view body) {
  MsgpackReader reader(body);
  TRY(const PushPullHeader header, read_push_pull_header(reader));
  PushPull message{.join = header.join};
  for (int64_t i = 0; i < header.nodes && reader.ok(); ++i) {
    read_struct(reader, message.nodes.emplace_back());
    if (message.nodes.back().state > Liveness::left) return malformed_push_pull();
  }
  if (!reader.ok()) return malformed_push_pull();
  const auto bytes = static_cast<size_t>(header.user_state_bytes);
  if (reader.rest().size() < bytes) return malformed_push_pull();
  message.user_state = reader.rest().substr(0, bytes);
  return message;
}

Result<RoleChange> decode_role_change(std::string_view user_message) {
  if (!user_message.starts_with(role_change_magic))
    return fail("not a node state message", ErrorKind::invalid);
  return decode_message<RoleChange>("node state", user_message.substr(role_change_magic.size()));
}

Result<RoleTable> decode_role_table(std::string_view user_state) {
  return decode_message<RoleTable>("local state", user_state);
}

}  // namespace alloy::cluster
