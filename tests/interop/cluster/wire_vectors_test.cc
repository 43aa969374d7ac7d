// Every message, packet and frame of the recorded vectors, byte for byte.
#include <doctest/doctest.h>

#include "cluster/messages.h"
#include "cluster/packet.h"
#include "interop/cluster/vectors.h"

namespace alloy::cluster {
namespace {

using simdjson::dom::element;

template <class T>
void check_round_trip(element vector, Result<T> (*decode)(std::string_view)) {
  const std::string encoded = from_hex(text(vector, "encoded"));
  const Result<T> message = decode(std::string_view(encoded).substr(1));
  REQUIRE(message.has_value());
  CHECK(to_hex(encode(*message)) == to_hex(encoded));
}

void check_layers(element vector, const std::string& encoded) {
  constexpr std::string_view label = "test-cluster";
  const std::string plain = make_packet(encoded, "", Checksum::none);
  const std::string full = make_packet(encoded, label, Checksum::crc32);
  if (element e; vector["packet_no_crc"].get(e) == simdjson::SUCCESS)
    CHECK(to_hex(plain) == e.get_string().value());
  CHECK(to_hex(make_packet(encoded, "", Checksum::crc32)) == text(vector, "packet_crc"));
  CHECK(to_hex(full) == text(vector, "packet_crc_label_test-cluster"));
  for (const auto& [packet, name] : {std::pair{plain, std::string_view()}, {full, label}}) {
    const auto unpacked = unpack(packet, name);
    REQUIRE(unpacked.has_value());
    REQUIRE(unpacked->messages.size() == 1);
    CHECK(unpacked->messages[0] == encoded);
    CHECK_FALSE(unpack(packet, "another").has_value());
  }
}

TEST_CASE("every message kind is read and written as real nodes do") {
  for (element vector : load_vectors("messages.json")["memberlist"].get_array()) {
    const std::string_view kind = text(vector, "kind");
    CAPTURE(text(vector, "name"));
    if (kind == "ping")
      check_round_trip<Ping>(vector, decode_ping);
    else if (kind == "indirectPing")
      check_round_trip<IndirectPing>(vector, decode_indirect_ping);
    else if (kind == "ack")
      check_round_trip<Ack>(vector, decode_ack);
    else if (kind == "nack")
      check_round_trip<Nack>(vector, decode_nack);
    else if (kind == "suspect")
      check_round_trip<Suspect>(vector, decode_suspect);
    else if (kind == "alive")
      check_round_trip<Alive>(vector, decode_alive);
    else if (kind == "dead")
      check_round_trip<Dead>(vector, decode_dead);
    else if (kind == "err")
      check_round_trip<ErrorReply>(vector, decode_error);
    else
      FAIL("unknown kind " << kind);
    check_layers(vector, from_hex(text(vector, "encoded")));
  }
}

TEST_CASE("node states travel as real nodes send them") {
  const element messages = load_vectors("messages.json");
  for (element vector : messages["ckit_user_state_messages"].get_array()) {
    const std::string bytes = from_hex(text(vector, "ckit_message"));
    const auto change = decode_role_change(bytes);
    REQUIRE(change.has_value());
    CHECK(change->node == text(vector, "NodeName"));
    CHECK(change->time == vector["Time"].get_uint64().value());
    CHECK(encode(*change) == bytes);
  }
  for (element vector : messages["ckit_local_state"].get_array()) {
    const std::string bytes = from_hex(text(vector, "encoded"));
    const auto table = decode_role_table(bytes);
    REQUIRE(table.has_value());
    CHECK(table->roles.size() == vector["NodeStates"].get_array().size());
    CHECK(to_hex(encode(*table)) == to_hex(bytes));
  }
}

TEST_CASE("compounds and push/pull exchanges are read and written as real nodes do") {
  const element messages = load_vectors("messages.json");
  for (element vector : messages["compound"].get_array()) {
    std::vector<std::string> parts;
    for (element part : vector["parts"].get_array())
      parts.push_back(from_hex(part.get_string().value()));
    const std::string compound = make_compound(parts);
    CHECK(to_hex(compound) == text(vector, "compound"));
    CHECK(to_hex(make_packet(compound, "", Checksum::crc32)) == text(vector, "packet_crc"));
    const auto unpacked = unpack(from_hex(text(vector, "packet_crc")), "");
    REQUIRE(unpacked.has_value());
    CHECK(unpacked->messages == parts);
  }
  for (element vector : messages["push_pull"].get_array()) {
    const std::string stream = from_hex(text(vector, "stream_bytes_as_sent_compressed"));
    const std::string label(text(vector, "label"));
    const auto body = strip_label(stream, label);
    REQUIRE(body.has_value());
    const auto message = decompress_message(*body);
    REQUIRE(message.has_value());
    const auto decoded = decode_push_pull(std::string_view(*message).substr(1));
    REQUIRE(decoded.has_value());
    CHECK(decoded->join == vector["join"].get_bool().value());
    CHECK(decoded->nodes.size() == vector["nodes"].get_array().size());
    CHECK(to_hex(decoded->user_state) == text(vector, "user_state"));
    CHECK(to_hex(make_stream(encode(*decoded), label)) == to_hex(stream));
  }
}

TEST_CASE("what the real decoder accepts, ours accepts with the same result") {
  for (element vector : load_vectors("decoder_leniency.json")["cases"].get_array()) {
    CAPTURE(text(vector, "case"));
    const auto alive = decode_alive(from_hex(text(vector, "alive_body_without_type_byte")));
    REQUIRE(alive.has_value() == vector["ok"].get_bool().value());
    if (!alive) continue;
    const element decoded = vector["decoded"];
    CHECK(to_hex(alive->address.ip) == text(decoded, "Addr"));
    CHECK(alive->incarnation == decoded["Incarnation"].get_uint64().value());
    CHECK(alive->node == text(decoded, "Node"));
    CHECK(alive->address.port == decoded["Port"].get_uint64().value());
    CHECK(to_hex(alive->versions) == text(decoded, "Vsn"));
  }
}

TEST_CASE("frames of every length are written as real nodes do, and read however they are cut") {
  for (element vector : load_vectors("messages.json")["frames"].get_array()) {
    std::string payload;
    for (uint64_t i = 0; i < vector["payload_len"].get_uint64().value(); ++i)
      payload += static_cast<char>(i);
    std::string frame;
    append_frame(frame, payload);
    CHECK(to_hex(frame.substr(0, text(vector, "header").size() / 2)) == text(vector, "header"));
    FrameReader reader;
    std::vector<std::string> out;
    for (size_t at = 0; at < frame.size(); at += 1000)
      REQUIRE(reader.feed(std::string_view(frame).substr(at, 1000), out).has_value());
    CHECK(out == std::vector{payload});
    CHECK(reader.at_boundary());
  }
}

TEST_CASE("compression is the real one's in both directions") {
  for (element vector : load_vectors("lzw.json")["cases"].get_array()) {
    CAPTURE(text(vector, "name"));
    element given;
    if (vector["compress_message"].get(given) != simdjson::SUCCESS || !given.is_string()) continue;
    const std::string message = from_hex(given.get_string().value());
    const auto unpacked = decompress_message(message);
    if (vector["input_len"].get_uint64().value() == 0) continue;
    REQUIRE(unpacked.has_value());
    CHECK(unpacked->size() == vector["input_len"].get_uint64().value());
    std::string again = make_stream(*unpacked, "");
    CHECK(again == message);
  }
}

}  // namespace
}  // namespace alloy::cluster
