// Step by step what real nodes did with each message: membership and node roles.
#include <doctest/doctest.h>

#include "cluster/membership.h"
#include "cluster/roles.h"
#include "cluster/timings.h"
#include "interop/cluster/vectors.h"

namespace alloy::cluster {
namespace {

using simdjson::dom::element;

struct RecordingHost final : MembershipHost {
  std::vector<std::string> events;
  const Membership* membership = nullptr;

  void send_packet(const Address&, std::string) override {}
  void start_push_pull(const Address&) override {}
  void on_user_message(std::string_view) override {}
  void on_join(std::string_view name, const Address&) override {
    events.push_back("join " + std::string(name));
  }
  void on_leave(std::string_view name) override { events.push_back("leave " + std::string(name)); }
  void on_update(std::string_view name, const Address&) override {
    events.push_back("update " + std::string(name));
  }
  void on_conflict(std::string_view name) override {
    events.push_back("conflict existing=" + format_address(membership->find(name)->address));
  }
};

uint32_t incarnation_of(element input) {
  return static_cast<uint32_t>(input["incarnation"].get_uint64().value());
}

Liveness liveness(std::string_view name) {
  return name == "alive"     ? Liveness::alive
         : name == "suspect" ? Liveness::suspect
         : name == "dead"    ? Liveness::dead
                             : Liveness::left;
}

void apply(Membership& membership, std::string_view step, element input) {
  const SteadyTime now{};
  if (step.starts_with("start")) return membership.start(now);
  const std::string node(text(input, "node"));
  if (step == "suspect")
    return membership.on_suspect({incarnation_of(input), node, std::string(text(input, "from"))},
                                 now);
  if (step == "dead")
    return membership.on_dead({incarnation_of(input), node, std::string(text(input, "from"))}, now);
  const Address address = *parse_address(text(input, "addr"));
  const std::string versions = from_hex(text(input, "vsn"));
  if (step == "alive")
    return membership.on_alive({incarnation_of(input), node, address, std::nullopt, versions}, now);
  REQUIRE(step == "push/pull entry");
  PushPull remote;
  remote.nodes.push_back({node, address, std::nullopt, incarnation_of(input),
                          liveness(text(input, "state")), versions});
  const auto merged = membership.merge(remote, now);
  element error;
  const bool refused = input["error"].get(error) == simdjson::SUCCESS && error.is_string() &&
                       error.get_string().value() != "";
  CHECK(merged.has_value() == !refused);
}

void check_members(const Membership& membership, element nodes) {
  CHECK(membership.members().size() == nodes.get_object().size());
  for (const auto& [name, expected] : nodes.get_object()) {
    CAPTURE(name);
    const Member* member = membership.find(name);
    REQUIRE(member != nullptr);
    CHECK(format_address(member->address) == text(expected, "addr"));
    CHECK(member->incarnation == incarnation_of(expected));
    CHECK(member->state == liveness(text(expected, "state")));
    const auto suspicion = membership.suspicion_of(name);
    CHECK(suspicion.has_value() == expected["suspicion_timer"].get_bool().value());
    if (!suspicion) continue;
    CHECK(suspicion->confirmations == expected["confirmations"].get_int64().value());
    CHECK(suspicion->wanted == expected["k"].get_int64().value());
  }
}

TEST_CASE("the membership takes every recorded step as real nodes do") {
  for (const auto& [name, steps] :
       load_vectors("membership_scenarios.json")["scenarios"].get_object()) {
    CAPTURE(name);
    RecordingHost host;
    Membership membership({.name = "self", .address = *parse_address("10.0.0.1:12345")}, host);
    host.membership = &membership;
    size_t number = 0;
    for (element step : steps.get_array()) {
      CAPTURE(number++);
      CAPTURE(simdjson::minify(step["input"]));
      const uint64_t before = membership.membership_broadcasts().count();
      host.events.clear();
      apply(membership, text(step, "step"), step["input"].value());
      std::vector<std::string> queued;
      for (const std::string& message : membership.membership_broadcasts().added_after(before))
        queued.push_back(to_hex(message));
      std::vector<std::string> expected;
      for (element message : step["broadcasts_queued"].get_array())
        expected.emplace_back(message.get_string().value());
      CHECK(queued == expected);
      std::vector<std::string> events;
      for (element event : step["events"].get_array()) {
        const std::string_view all = event.get_string().value();
        events.emplace_back(all.substr(0, all.find(" other=")));
      }
      CHECK(host.events == events);
      CHECK(membership.health_score() == step["health_score"].get_int64().value());
      CHECK(membership.own_incarnation() == step["own_incarnation_counter"].get_uint64().value());
      check_members(membership, step["nodes"].value());
    }
  }
}

NodeRole role_of(std::string_view name) {
  return name == "viewer"        ? NodeRole::viewer
         : name == "participant" ? NodeRole::participant
                                 : NodeRole::terminating;
}

RoleChange change_of(element e) {
  return {std::string(text(e, "node")), role_of(text(e, "state")), e["time"].get_uint64().value()};
}

void apply(Roles& roles, std::string_view step, element input) {
  if (step == "ChangeState") {
    const bool allowed = input["allowed"].get_bool().value();
    CHECK(roles.change_own_role(role_of(text(input, "to")), {}).has_value() == allowed);
  } else if (step == "receive gossip state") {
    roles.on_gossip(change_of(input));
  } else if (step == "memberlist reports join") {
    roles.on_join(text(input, "node"), Address{});
  } else if (step == "memberlist reports leave") {
    roles.on_leave(text(input, "node"));
  } else if (step.starts_with("merge")) {
    RoleTable table{.time = input["current_time"].get_uint64().value(), .roles = {}};
    if (element states = input["states"]; states.is_array())
      for (element state : states.get_array()) table.roles.push_back(change_of(state));
    roles.merge(table);
  } else if (step.starts_with("build LocalState")) {
    const RoleTable table = roles.table();
    CHECK(table.time == input["current_time"].get_uint64().value());
    std::vector<RoleChange> expected;
    for (element state : input["states"].get_array()) expected.push_back(change_of(state));
    CHECK(table.roles == expected);
  } else if (step == "bad magic" || step == "short" || step == "unknown type") {
    CHECK_FALSE(decode_role_change(from_hex(text(input, "hex"))).has_value());
  } else {
    REQUIRE(step.starts_with("create"));
  }
}

TEST_CASE("roles take every recorded step as real nodes do") {
  for (const auto& [name, steps] : load_vectors("state_scenarios.json")["scenarios"].get_object()) {
    CAPTURE(name);
    std::vector<std::string> queued;
    Roles roles(
        "self", Address{},
        [&](const RoleChange& change, const std::function<void()>&) {
          queued.push_back(to_hex(encode(change)));
        },
        [] {});
    size_t number = 0;
    for (element step : steps.get_array()) {
      CAPTURE(number++);
      queued.clear();
      apply(roles, text(step, "step"), step["input"].value());
      std::vector<std::string> expected;
      for (element broadcast : step["broadcasts_queued"].get_array())
        expected.emplace_back(text(broadcast, "hex"));
      CHECK(queued == expected);
      const element after = step["after"];
      CHECK(roles.lamport_time() == after["clock"].get_uint64().value());
      CHECK(roles.own_role() == role_of(text(after, "own_state")));
      CHECK(roles.known().size() == after["peer_states"].get_object().size());
      for (const auto& [node, state] : after["peer_states"].get_object()) {
        const auto known = roles.known().find(node);
        REQUIRE(known != roles.known().end());
        CHECK(known->second.role == role_of(text(state, "state")));
        CHECK(known->second.time == state["time"].get_uint64().value());
      }
      const auto peers = roles.peers();
      REQUIRE(peers.size() == after["peers"].get_array().size());
      for (size_t i = 0; i < peers.size(); ++i) {
        const element expected_peer = after["peers"].at(i);
        CHECK(peers[i].name == text(expected_peer, "name"));
        CHECK(peers[i].role == role_of(text(expected_peer, "state")));
      }
    }
  }
}

TEST_CASE("suspicion, retransmission and push/pull timings are the real ones for every size") {
  const auto milliseconds = [](Duration d) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
  };
  for (element row : load_vectors("timings.json")["rows"].get_array()) {
    const auto n = static_cast<size_t>(row["n"].get_uint64().value());
    CAPTURE(n);
    const SuspicionTimes times = suspicion_times(n);
    CHECK(times.confirmations_wanted == row["k"].get_int64().value());
    CHECK(milliseconds(times.min) == row["suspicion_min_ms"].get_int64().value());
    CHECK(milliseconds(times.max) == row["suspicion_max_ms"].get_int64().value());
    CHECK(retransmit_limit(n) == row["retransmit_limit"].get_int64().value());
    CHECK(milliseconds(push_pull_interval(n)) == row["push_pull_interval_ms"].get_int64().value());
    for (const int confirmations : {1, 2}) {
      const element expected =
          row[confirmations == 1 ? "with_1_confirmation_ms" : "with_2_confirmations_ms"];
      if (!expected.is_null())
        CHECK(milliseconds(times.after(confirmations)) == expected.get_int64().value());
    }
  }
}

}  // namespace
}  // namespace alloy::cluster
