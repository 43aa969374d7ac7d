// Clusters of many nodes in virtual time: they find each other, notice who is gone, and heal.
#include "cluster/simulation.h"

#include <doctest/doctest.h>

namespace alloy::cluster {
namespace {

// Nodes 1..n-1 join through node 0.
void grow(Simulation& simulation, size_t nodes) {
  simulation.start_node();
  for (size_t i = 1; i < nodes; ++i) simulation.start_node(0);
}

TEST_CASE("ten nodes agree within seconds, whatever the seed") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    Simulation simulation(seed);
    grow(simulation, 10);
    CHECK(simulation.run_until([&] { return simulation.all_agree(); }, 10s).has_value());
  }
}

TEST_CASE("a node that leaves is gone within two seconds, and nobody is suspected") {
  Simulation simulation(7);
  grow(simulation, 10);
  REQUIRE(simulation.run_until([&] { return simulation.all_agree(); }, 10s).has_value());
  simulation.leave(3);
  CHECK(simulation.run_until([&] { return simulation.all_agree(); }, 2s).has_value());
  CHECK(simulation.run_until([&] { return simulation.living() == 9; }, 5s).has_value());
  CHECK(simulation.node(0).membership().health_score() == 0);
}

TEST_CASE("a crashed node is found out by suspicion, not sooner than it could defend itself") {
  Simulation simulation(8);
  grow(simulation, 10);
  REQUIRE(simulation.run_until([&] { return simulation.all_agree(); }, 10s).has_value());
  simulation.crash(4);
  const auto took = simulation.run_until([&] { return simulation.all_agree(); }, 5min);
  REQUIRE(took.has_value());
  CHECK(*took >= suspicion_times(10).min);
}

TEST_CASE("lossy links cost time but no living node its membership") {
  Simulation simulation(9, {.latency_max = 50ms, .loss = 0.2});
  grow(simulation, 20);
  // Joins get lost too; the periodic rejoin makes up for them.
  for (int minute = 0; minute < 10; ++minute) {
    for (size_t i = 1; i < 20; ++i) simulation.rejoin(i, 0);
    simulation.run_for(1min);
  }
  CHECK(simulation.run_until([&] { return simulation.all_agree(); }, 1min).has_value());
}

TEST_CASE("a parted cluster becomes two, and one again after a rejoin") {
  Simulation simulation(10);
  grow(simulation, 10);
  REQUIRE(simulation.run_until([&] { return simulation.all_agree(); }, 10s).has_value());
  simulation.part({0, 1, 2});
  simulation.run_for(10min);
  CHECK(simulation.node(0).membership().alive_count() == 3);
  CHECK(simulation.node(9).membership().alive_count() == 7);
  simulation.part({});
  simulation.rejoin(9, 0);
  CHECK(simulation.run_until([&] { return simulation.all_agree(); }, 1min).has_value());
}

TEST_CASE("a program that was killed is known to be dead in seconds, since nobody listens") {
  for (const size_t nodes : {size_t{2}, size_t{3}, size_t{30}}) {
    CAPTURE(nodes);
    Simulation simulation(nodes);
    grow(simulation, nodes);
    REQUIRE(simulation.run_until([&] { return simulation.all_agree(); }, 10s).has_value());
    simulation.kill(1);
    const auto took = simulation.run_until([&] { return simulation.all_agree(); }, 1min);
    REQUIRE(took.has_value());
    CHECK(*took >= refusal_timeout);
    CHECK(*took <= refusal_timeout + 2s);
  }
}

TEST_CASE("a node that others reach is not given up because one is refused") {
  Simulation simulation(12);
  grow(simulation, 5);
  REQUIRE(simulation.run_until([&] { return simulation.all_agree(); }, 10s).has_value());
  // Something in front of node 3 answers node 0 for a while that nobody listens.
  for (int i = 0; i < 100; ++i) {
    simulation.refuse(0, 3);
    simulation.run_for(100ms);
    CHECK(simulation.all_agree());
  }
}

TEST_CASE("all nodes name the same owner, and a newcomer takes only its share") {
  Simulation simulation(11);
  grow(simulation, 9);
  REQUIRE(simulation.run_until([&] { return simulation.all_agree(); }, 10s).has_value());
  const auto before = simulation.node(0).ring();
  simulation.start_node(4);
  REQUIRE(simulation.run_until([&] { return simulation.all_agree(); }, 10s).has_value());
  size_t moved = 0;
  for (uint64_t i = 0; i < 10'000; ++i) {
    const uint64_t key = string_key(std::to_string(i));
    const std::string owner = *simulation.node(0).ring()->owner(key);
    for (size_t node = 1; node < 10; ++node)
      REQUIRE(*simulation.node(node).ring()->owner(key) == owner);
    if (*before->owner(key) == owner) continue;
    ++moved;
    CHECK(owner == "node-9");
  }
  CHECK(moved > 700);
  CHECK(moved < 1300);
}

}  // namespace
}  // namespace alloy::cluster
