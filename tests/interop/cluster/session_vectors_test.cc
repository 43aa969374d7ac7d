// Whole sessions of real nodes, recorded: one of ours hears everything that was said in them.
#include <doctest/doctest.h>

#include "cluster/node.h"
#include "cluster/packet.h"
#include "cluster/stream_scanner.h"
#include "interop/cluster/vectors.h"

namespace alloy::cluster {
namespace {

using simdjson::dom::element;

struct SilentTransport final : Transport {
  void send_packet(const Address&, std::string) override {}
  void exchange(const Address&, std::string, std::function<void(Result<std::string>)>) override {}
};

std::vector<std::string> payloads_of(element event, std::string_view key) {
  FrameReader frames;
  std::vector<std::string> payloads;
  CHECK(frames.feed(from_hex(text(event, key)), payloads));
  CHECK(frames.at_boundary());
  return payloads;
}

std::string stream_of(element event, std::string_view key) {
  std::string stream;
  for (const std::string& payload : payloads_of(event, key)) stream += payload;
  return stream;
}

struct Heard {
  size_t packets = 0;
  size_t streams = 0;
  size_t foreign = 0;  // Packets and streams of another cluster.
};

// Everything said goes to one node, which belongs to nobody in the session.
Heard hear_session(const std::string& file, const std::string& label) {
  SilentTransport transport;
  auto rejections = std::make_shared<Rejections>();
  Node node({.name = "listener",
             .address = {std::string("\x0a\0\0\1", 4), 1},
             .label = label,
             .rejections = rejections},
            real_clock(), transport, nullptr);
  node.start();
  Heard heard;
  for (element event : load_vectors(file)["events"].get_array()) {
    if (text(event, "kind") == "packet") {
      for (const std::string& payload : payloads_of(event, "hex")) {
        ++heard.packets;
        (void)node.on_packet(payload);
      }
    } else if (text(event, "kind") == "stream") {
      ++heard.streams;
      const std::string request = stream_of(event, "request_body_hex");
      CHECK(stream_progress(request) == StreamProgress::complete);
      (void)node.on_exchange(request);
      element body;
      if (event["response_body_hex"].get(body) != simdjson::SUCCESS)
        continue;  // Strangers get none.
      const std::string answer = stream_of(event, "response_body_hex");
      CHECK(stream_progress(answer) == StreamProgress::complete);
      CHECK(decompress_message(answer).has_value());
    }
  }
  heard.foreign = rejections->of(Rejection::label);
  // Pings were meant for others; everything else made sense.
  CHECK(rejections->total() == heard.foreign + rejections->of(Rejection::unexpected));
  return heard;
}

TEST_CASE("a recorded session with joins, a crash, a conflict and goodbyes is understood") {
  const Heard heard = hear_session("capture_main.json", "");
  CHECK(heard.packets > 100);
  CHECK(heard.streams > 5);
  CHECK(heard.foreign == 0);
}

TEST_CASE("in a recorded session of clusters with names only one's own is understood") {
  const Heard heard = hear_session("capture_label.json", "test-cluster");
  CHECK(heard.foreign > 0);
  CHECK(heard.foreign < heard.packets + heard.streams);
}

}  // namespace
}  // namespace alloy::cluster
