// What others may send that is wrong, too much, or a lie.
#include <limits>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "cluster/handover.h"
#include "cluster/inbound_budget.h"
#include "cluster/limits.h"
#include "cluster/lzw.h"
#include "cluster/msgpack.h"
#include "cluster/node.h"
#include "cluster/stream_scanner.h"

namespace alloy::cluster {
namespace {

const Address own_address{std::string("\x0a\0\0\1", 4), 1};
const Address other_address{std::string("\x0a\0\0\2", 4), 1};

struct RecordingTransport final : Transport {
  std::vector<std::string> packets;

  void send_packet(const Address&, std::string packet) override {
    packets.push_back(std::move(packet));
  }
  void exchange(const Address&, std::string, std::function<void(Result<std::string>)>) override {}

  // Whether a message of this type was sent; compounds are looked into.
  bool has_sent(MessageType type) const {
    for (const std::string& packet : packets)
      for (const std::string& message : unpack(packet, "")->messages)
        if (message[0] == static_cast<char>(type)) return true;
    return false;
  }
};

// A participant that knows one other node.
struct Victim {
  RecordingTransport transport;
  std::shared_ptr<Rejections> rejections = std::make_shared<Rejections>();
  Node node{{.name = "self", .address = own_address, .rejections = rejections},
            real_clock(),
            transport,
            nullptr};

  Victim() {
    node.start();
    hear(Alive{1, "other", other_address, std::nullopt, std::string(protocol_versions)});
    CHECK(node.change_role(NodeRole::participant, {}).has_value());
  }

  template <class T>
  void hear(const T& message) {
    hear_bytes(encode(message));
  }
  void hear(const RoleChange& change) { hear_bytes("\x08" + encode(change)); }
  void hear_bytes(const std::string& message) {
    (void)node.on_packet(make_packet(message, "", Checksum::none));
  }
  const Member& self() const { return *node.membership().find("self"); }
  uint64_t count(Rejection reason) const { return rejections->of(reason); }
};

Alive alive(std::string name, uint32_t incarnation = 1) {
  return {incarnation, std::move(name), other_address, std::nullopt,
          std::string(protocol_versions)};
}

TEST_CASE("malformed, damaged, foreign and unexpected packets are counted by reason") {
  Victim victim;
  const std::string ping = encode(Ping{1, "self", other_address, "other"});
  CHECK_FALSE(victim.node.on_packet(ping.substr(0, ping.size() / 2)));
  CHECK(victim.count(Rejection::malformed) == 1);
  CHECK_FALSE(victim.node.on_packet(""));
  CHECK(victim.count(Rejection::malformed) == 2);

  std::string damaged = make_packet(ping, "", Checksum::crc32);
  damaged.back() ^= 1;
  CHECK_FALSE(victim.node.on_packet(damaged));
  CHECK(victim.count(Rejection::checksum) == 1);

  CHECK_FALSE(victim.node.on_packet(make_packet(ping, "elsewhere", Checksum::none)));
  CHECK(victim.count(Rejection::label) == 1);

  CHECK_FALSE(victim.node.on_packet("\x0d?"));
  CHECK(victim.count(Rejection::unexpected) == 1);
  victim.hear(Ping{1, "somebody else", other_address, "other"});
  CHECK(victim.count(Rejection::unexpected) == 2);
  victim.hear(Ping{1, "self", {}, "other"});
  CHECK(victim.count(Rejection::implausible) == 1);

  const std::string compound = make_compound(std::vector<std::string>{ping, ping});
  CHECK(victim.node.on_packet(compound.substr(0, compound.size() - 1)));
  CHECK(victim.count(Rejection::truncated) == 1);
  CHECK(victim.rejections->total() == 8);
}

TEST_CASE("what inflates beyond measure is refused") {
  Victim victim;
  const std::string bomb =
      encode(Compressed{0, lzw_compress(std::string(message_bytes_max + 1, 'a'))});
  CHECK(bomb.size() < message_bytes_max / 100);
  CHECK_FALSE(victim.node.on_packet(bomb));
  CHECK(victim.count(Rejection::too_large) == 1);

  // 255 parts of 255 parts each.
  const std::string inner = make_compound(std::vector<std::string>(255, "\x0b"));
  CHECK_FALSE(victim.node.on_packet(make_compound(std::vector<std::string>(255, inner))));
  CHECK(victim.count(Rejection::too_large) == 2);

  FrameReader frames;
  std::vector<std::string> payloads;
  const auto fed = frames.feed("\xcd\x7f\xff\xff\xff", payloads);
  REQUIRE_FALSE(fed.has_value());
  CHECK(reason_of(fed.error()) == Rejection::too_large);
}

TEST_CASE("a push/pull that lists a million nodes is refused before it is read") {
  Victim victim;
  std::string lie("\x06", 1);
  MsgpackWriter writer(lie);
  writer.array(3);
  writer.signed_integer(1'000'000);
  writer.signed_integer(0);
  writer.boolean(true);
  CHECK(stream_progress(lie) == StreamProgress::unusable);
  lie += std::string(8 << 20, '\x90');
  const auto answer = victim.node.on_exchange(make_stream(lie, ""));
  REQUIRE(answer.has_value());
  CHECK((*decompress_message(*answer))[0] == static_cast<char>(MessageType::error));
  CHECK(victim.count(Rejection::too_large) == 1);
}

TEST_CASE("the table of nodes has a limit, however many are made up") {
  Victim victim;
  PushPull invented;
  for (size_t i = 0; i < 3 * members_max; ++i)
    invented.nodes.push_back({fmt::format("invented-{}", i), other_address, std::nullopt, 1,
                              Liveness::alive, std::string(protocol_versions)});
  CHECK(victim.node.on_exchange(make_stream(encode(invented), "")).has_value());
  CHECK(victim.node.membership().members().size() == members_max);
  CHECK(victim.node.membership().membership_broadcasts().size() <= broadcasts_max);
  CHECK(victim.count(Rejection::full) == 2 * members_max + 2);
}

TEST_CASE("names of a megabyte, and nodes without an address, are not believed") {
  Victim victim;
  victim.hear(alive(std::string(1 << 20, 'n')));
  victim.hear(alive(""));
  Alive nowhere = alive("nowhere");
  nowhere.address.ip = "abc";
  victim.hear(nowhere);
  Alive talkative = alive("talkative");
  talkative.meta = std::string(1 << 20, 'm');
  victim.hear(talkative);
  victim.hear(Suspect{1, "other", std::string(1 << 20, 'f')});
  victim.hear(Dead{1, "other", std::string(1 << 20, 'f')});
  victim.hear(RoleChange{std::string(1 << 20, 'n'), NodeRole::participant, 1});
  CHECK(victim.count(Rejection::implausible) == 7);
  CHECK(victim.node.membership().members().size() == 2);
  CHECK(victim.node.membership().find("other")->state == Liveness::alive);
  CHECK(victim.node.roles().known().size() == 1);
}

TEST_CASE("roles of nodes nobody knows are kept for a while, but only so many") {
  Victim victim;
  for (size_t i = 0; i < 2 * strangers_max; ++i)
    victim.hear(RoleChange{fmt::format("stranger-{}", i), NodeRole::participant, i + 2});
  CHECK(victim.node.roles().known().size() <= strangers_max + 1);
  // The newest one is still there for when its node is heard of.
  const std::string newest = fmt::format("stranger-{}", 2 * strangers_max - 1);
  victim.hear(alive(newest));
  for (const Peer& peer : victim.node.peers())
    CHECK((peer.name != newest || peer.role == NodeRole::participant));
}

TEST_CASE("a lamport time at its maximum does not silence anybody") {
  Victim victim;
  const uint64_t before = victim.node.roles().lamport_time();
  constexpr uint64_t max = std::numeric_limits<uint64_t>::max();
  victim.hear(RoleChange{"other", NodeRole::terminating, max});
  victim.hear(RoleChange{"self", NodeRole::terminating, max});
  PushPull lie;
  lie.user_state = encode(RoleTable{max, {{"other", NodeRole::terminating, max}}});
  CHECK(victim.node.on_exchange(make_stream(encode(lie), "")).has_value());
  CHECK(victim.node.roles().lamport_time() == before);
  CHECK(victim.count(Rejection::implausible) == 4);
  victim.hear(RoleChange{"other", NodeRole::participant, before + 1});
  CHECK(victim.node.peers()[0].role == NodeRole::participant);
  CHECK(victim.node.role() == NodeRole::participant);
}

TEST_CASE("an incarnation at its maximum leaves something to object with") {
  Victim victim;
  constexpr uint32_t max = std::numeric_limits<uint32_t>::max();
  victim.hear(Dead{max, "self", "other"});
  victim.hear(Suspect{max, "other", "x"});
  Alive usurper = alive("self", max);
  usurper.address = own_address;
  victim.hear(usurper);
  CHECK(victim.self().state == Liveness::alive);
  CHECK(victim.self().incarnation == 1);
  CHECK(victim.node.membership().find("other")->state == Liveness::alive);
  CHECK(victim.count(Rejection::implausible) == 3);
  // As far as it can be topped, it is.
  for (uint64_t i = incarnation_step_max; i <= max; i += incarnation_step_max) {
    victim.hear(Dead{static_cast<uint32_t>(i), "self", "other"});
    REQUIRE(victim.self().incarnation == i + 1);
  }
}

TEST_CASE("a goodbye in our name is refuted") {
  Victim victim;
  victim.hear(Dead{1, "self", "self"});
  CHECK(victim.self().state == Liveness::alive);
  CHECK(victim.self().incarnation == 2);
  CHECK(victim.node.role() == NodeRole::participant);
  victim.hear(Dead{1, "self", "self"});  // Once more is not news.
  CHECK(victim.self().incarnation == 2);
  // Everybody hears the objection.
  victim.transport.packets.clear();
  victim.hear(Ping{1, "self", other_address, "other"});
  CHECK(victim.transport.has_sent(MessageType::alive));
  // Nor does anybody else say what we do.
  victim.hear(RoleChange{"self", NodeRole::terminating, 50});
  CHECK(victim.node.role() == NodeRole::participant);
  CHECK(victim.node.roles().known().at("self").time > 50);
}

TEST_CASE("replayed packets change nothing") {
  Victim victim;
  std::vector<std::string> recorded;
  const auto both = [&](const auto& message) {
    recorded.push_back(make_packet(encode(message), "", Checksum::crc32));
    CHECK(victim.node.on_packet(recorded.back()));
  };
  both(Suspect{1, "other", "x"});
  both(alive("other", 2));
  both(Dead{2, "other", "x"});
  both(alive("other", 3));
  victim.hear(RoleChange{"other", NodeRole::participant, 9});
  const uint64_t time = victim.node.roles().lamport_time();
  for (int i = 0; i < 3; ++i)
    for (const std::string& packet : recorded) CHECK(victim.node.on_packet(packet));
  victim.hear(RoleChange{"other", NodeRole::terminating, 8});
  CHECK(victim.node.membership().find("other")->state == Liveness::alive);
  CHECK(victim.node.membership().find("other")->incarnation == 3);
  CHECK(victim.node.peers()[0].role == NodeRole::participant);
  CHECK(victim.node.roles().lamport_time() == time);
}

TEST_CASE("pings on behalf of others wait for so many answers at most") {
  Victim victim;
  for (size_t i = 0; i < relays_max + 5; ++i)
    victim.hear(
        IndirectPing{static_cast<uint32_t>(i), other_address, "x", true, other_address, "other"});
  CHECK(victim.count(Rejection::full) == 5);
}

TEST_CASE("an announcement that is repeated by somebody is known as such") {
  Announcements announcements;
  const WallTime now = WallTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 24));
  const int64_t at = to_unix_milliseconds(now + 1s);
  CHECK(announcements.add({"b", NodeRole::terminating, at, 1000}, now));
  CHECK(announcements.is_replayed({"b", NodeRole::terminating, at, 1000}));
  CHECK_FALSE(announcements.add({"b", NodeRole::terminating, at, 1000}, now + 60s));
  CHECK_FALSE(announcements.is_replayed({"b", NodeRole::participant, at + 1, 1000}));
  CHECK(announcements.add({"b", NodeRole::participant, at + 1, 1000}, now));
}

TEST_CASE("a stream is complete when all of it is there, however it is cut up") {
  PushPull push_pull;
  for (int i = 0; i < 20; ++i)
    push_pull.nodes.push_back({fmt::format("node-{}", i), other_address, std::nullopt, 1,
                               Liveness::alive, std::string(protocol_versions)});
  push_pull.user_state = "state";
  const std::string plain = encode(push_pull);
  for (const std::string& whole : {plain, make_stream(plain, "label"), make_stream(plain, "")}) {
    StreamScanner scanner;
    for (size_t size = 0; size < whole.size(); ++size)
      REQUIRE(scanner.look(std::string_view(whole).substr(0, size)) == StreamProgress::incomplete);
    CHECK(scanner.look(whole) == StreamProgress::complete);
  }
  CHECK(stream_progress("\x0a") == StreamProgress::unusable);
}

TEST_CASE("what many requests hold together is limited, small ones excepted") {
  InboundBudget budget(3, 1 << 20);
  InboundBudget::Share large(budget);
  CHECK(large.hold(1 << 20));
  {
    InboundBudget::Share second(budget);
    CHECK(second.hold(16 << 10));
    CHECK_FALSE(second.hold((16 << 10) + 1));
    InboundBudget::Share third(budget);
    CHECK(third.has_place());
    InboundBudget::Share fourth(budget);
    CHECK_FALSE(fourth.has_place());
  }
  CHECK(large.hold(0));
  InboundBudget::Share again(budget);
  CHECK(again.has_place());
  CHECK(again.hold(1 << 20));
}

TEST_CASE("a rejection is logged once a second for each reason") {
  Rejections rejections;
  const SteadyTime now = SteadyTime{} + 100s;
  CHECK(rejections.is_worth_a_line(Rejection::malformed, now));
  CHECK_FALSE(rejections.is_worth_a_line(Rejection::malformed, now + 900ms));
  CHECK(rejections.is_worth_a_line(Rejection::label, now + 900ms));
  CHECK(rejections.is_worth_a_line(Rejection::malformed, now + 1s));
}

}  // namespace
}  // namespace alloy::cluster
