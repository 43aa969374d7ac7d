#include "cluster/handover.h"

#include <limits>

#include <doctest/doctest.h>

namespace alloy::cluster {
namespace {

using std::chrono::milliseconds;

const WallTime now = WallTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 24));

Announcement announcement(std::string node, NodeRole role, milliseconds in) {
  return {std::move(node), role, to_unix_milliseconds(now + in), in.count()};
}
Peer peer(std::string name, NodeRole role) { return {std::move(name), {}, false, role}; }

TEST_CASE("announcements survive the wire, and garbage is refused") {
  const auto sent = announcement("a", NodeRole::terminating, milliseconds(700));
  const auto got = decode_announcement(encode(sent));
  REQUIRE(got.has_value());
  CHECK(got->node == "a");
  CHECK(got->role == NodeRole::terminating);
  CHECK(got->at_ms == sent.at_ms);
  CHECK(got->in_ms == 700);
  CHECK_FALSE(decode_announcement("").has_value());
  CHECK_FALSE(decode_announcement("\x81\xa4Role\x07").has_value());
}

TEST_CASE("a newcomer takes part from the announced moment, whenever its role is heard of") {
  Announcements all;
  REQUIRE(all.add(announcement("c", NodeRole::participant, milliseconds(1000)), now));
  for (const NodeRole heard : {NodeRole::viewer, NodeRole::participant}) {
    const std::vector<Peer> peers = {peer("a", NodeRole::participant), peer("c", heard)};
    const auto steps = all.timeline(peers, now);
    REQUIRE(steps.size() == 2);
    CHECK(steps[0].participants == std::vector<std::string>{"a"});
    CHECK(steps[1].from == now + milliseconds(1000));
    CHECK(steps[1].participants == std::vector<std::string>{"a", "c"});
    CHECK(all.timeline(peers, now + 2s).size() == 1);
  }
}

TEST_CASE("a node that is leaving takes part until the announced moment") {
  Announcements all;
  REQUIRE(all.add(announcement("c", NodeRole::terminating, milliseconds(500)), now));
  const std::vector<Peer> peers = {peer("a", NodeRole::participant),
                                   peer("c", NodeRole::terminating)};
  const auto steps = all.timeline(peers, now);
  REQUIRE(steps.size() == 2);
  CHECK(steps[0].participants.size() == 2);
  CHECK(steps[1].participants == std::vector<std::string>{"a"});
}

TEST_CASE("what is in force is forgotten once the node's role confirms it") {
  Announcements all;
  REQUIRE(all.add(announcement("c", NodeRole::participant, milliseconds(500)), now));
  const std::vector<Peer> unconfirmed = {peer("c", NodeRole::viewer)};
  all.forget_past(unconfirmed, now + 2s);
  CHECK(all.timeline(unconfirmed, now + 2s).front().participants.size() == 1);
  all.forget_past(unconfirmed, now + 1min);
  CHECK(all.timeline(unconfirmed, now + 1min).front().participants.empty());
}

TEST_CASE("with clocks that are far apart the distance counts; nonsense is ignored") {
  Announcements all;
  auto strange = announcement("c", NodeRole::participant, milliseconds(1000));
  strange.at_ms += 3'600'000;
  REQUIRE(all.add(strange, now));
  const std::vector<Peer> peers = {peer("c", NodeRole::participant)};
  CHECK(all.timeline(peers, now).back().from == now + milliseconds(1000));
  CHECK_FALSE(all.add(announcement("x", NodeRole::viewer, milliseconds(1)), now));
  CHECK_FALSE(all.add(announcement("x", NodeRole::participant, milliseconds(3'600'000)), now));
  CHECK_FALSE(all.add(announcement("x", NodeRole::participant, milliseconds(-5)), now));
  strange.at_ms = std::numeric_limits<int64_t>::min();
  CHECK_FALSE(all.add(strange, now));
}

}  // namespace
}  // namespace alloy::cluster
