// Everything that other nodes of a cluster may send: packets, streams, frames and what is inside.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/configuration_notice.h"
#include "cluster/handover.h"
#include "cluster/http_transport.h"
#include "cluster/lzw.h"
#include "cluster/messages.h"
#include "cluster/packet.h"
#include "cluster/stream_scanner.h"

namespace {

using namespace alloy;
using namespace alloy::cluster;

// A node that hears the input must stay able to speak.
struct SilentTransport final : Transport {
  void send_packet(const Address&, std::string) override {}
  void exchange(const Address&, std::string, std::function<void(Result<std::string>)>) override {}
};

// What is decoded must survive being encoded again.
template <class T>
void round_trip(Result<T> (*decode)(std::string_view), std::string_view body, size_t skipped) {
  const Result<T> message = decode(body);
  if (!message) return;
  const std::string again = encode(*message);
  ASSERT(decode(std::string_view(again).substr(skipped)).has_value());
}

// A stream that comes in pieces is judged as one that comes at once.
void scan_in_pieces(std::string_view input) {
  constexpr size_t piece = 7;
  StreamScanner scanner;
  auto progress = StreamProgress::incomplete;
  for (size_t size = piece; progress == StreamProgress::incomplete; size += piece) {
    progress = scanner.look(input.substr(0, size));
    if (size >= input.size()) break;
  }
  ASSERT(progress == stream_progress(input));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  round_trip<Ping>(decode_ping, input, 1);
  round_trip<IndirectPing>(decode_indirect_ping, input, 1);
  round_trip<Alive>(decode_alive, input, 1);
  round_trip<Suspect>(decode_suspect, input, 1);
  round_trip<Dead>(decode_dead, input, 1);
  round_trip<PushPull>(decode_push_pull, input, 1);
  round_trip<RoleTable>(decode_role_table, input, 0);
  round_trip<RoleChange>(decode_role_change, input, 0);
  round_trip<Announcement>(decode_announcement, input, 0);
  round_trip<ConfigurationNotice>(decode_configuration_notice, input, 0);
  scan_in_pieces(input);
  if (const auto announcement = decode_announcement(input)) {
    Announcements announcements;
    (void)announcements.add(*announcement, real_clock().wall());
    ASSERT(!announcements.timeline({}, real_clock().wall()).empty());
  }

  ASSERT(lzw_decompress(lzw_compress(input), input.size() + 1) == std::string(input));
  (void)lzw_decompress(input, 1 << 16);

  FrameReader frames;
  std::vector<std::string> payloads;
  (void)frames.feed(input, payloads);

  SilentTransport transport;
  Node node({.name = "self", .address = {std::string("\x0a\0\0\1", 4), 1}}, real_clock(), transport,
            nullptr);
  node.start();
  (void)node.on_packet(input);
  for (const std::string& payload : payloads) (void)node.on_packet(payload);
  if (stream_progress(input) == StreamProgress::complete) (void)node.on_exchange(input);
  node.tick();
  ASSERT(node.membership().find("self") != nullptr);
  return 0;
}
