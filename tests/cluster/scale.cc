// How a cluster behaves as it grows, in virtual time: prints a table for docs/clustering.md.
//
//   cluster_scale [LOSS [NODES]]
#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>

#include "cluster/simulation.h"

namespace alloy::cluster {
namespace {

constexpr Duration quiet_time = 10min;

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

struct Row {
  size_t nodes;
  double joined = -1;  // Until all agree after the last node came.
  double leave = -1;   // Until all agree after one left.
  double kill = -1;    // Until all agree after one was killed, so that it refuses connections.
  double crash = -1;   // Until all agree after one's machine was gone.
  double part = -1;    // Until both halves agree, each on itself, after they were parted ...
  double heal = -1;    // ... and all of them after they hear each other again.
  double bytes = 0;    // A node sends in a quiet second.
  double churn = 0;    // Changes of a node's view in a quiet hour: nobody came or went.
  double moved = 0;    // Share of keys that one leave moves.
};

// Nodes join again each minute, as the program does: the first time may have been lost.
double until_agreed(Simulation& simulation, size_t nodes, Duration limit) {
  const Duration start = simulation.elapsed();
  while (simulation.elapsed() - start < limit) {
    if (simulation.run_until([&] { return simulation.all_agree(); }, 1min))
      return seconds(simulation.elapsed() - start);
    for (size_t i = 1; i < nodes; ++i) simulation.rejoin(i, i / 2);
  }
  return -1;
}

Row measure(size_t nodes, double loss) {
  Row row{.nodes = nodes};
  Simulation simulation(nodes, {.loss = loss});
  simulation.start_node();
  for (size_t i = 1; i < nodes; ++i) {
    simulation.start_node(i / 2);
    simulation.run_for(20ms);
  }
  row.joined = until_agreed(simulation, nodes, 30min);
  simulation.run_for(5min);
  const uint64_t bytes_before = simulation.bytes_sent();
  const uint64_t changes_before = simulation.changes();
  simulation.run_for(quiet_time);
  const auto a_node = [&](uint64_t value) {
    return static_cast<double>(value) / static_cast<double>(nodes);
  };
  row.bytes = a_node(simulation.bytes_sent() - bytes_before) / seconds(quiet_time);
  row.churn = a_node(simulation.changes() - changes_before) * (1h / quiet_time);
  const auto ring = simulation.node(0).ring();
  simulation.leave(nodes / 2);
  row.leave = until_agreed(simulation, nodes, 10min);
  const auto smaller = simulation.node(0).ring();
  size_t moved = 0;
  for (uint64_t i = 0; i < 10'000; ++i) {
    const uint64_t key = string_key(std::to_string(i));
    moved += *ring->owner(key) != *smaller->owner(key);
  }
  row.moved = static_cast<double>(moved) / 10'000;
  simulation.kill(nodes - 2);
  row.kill = until_agreed(simulation, nodes, 10min);
  simulation.crash(nodes - 1);
  row.crash = until_agreed(simulation, nodes, 30min);
  std::set<size_t> half;
  for (size_t i = 0; i < nodes; i += 2) half.insert(i);
  simulation.part(half);
  row.part = until_agreed(simulation, nodes, 60min);
  simulation.part({});
  row.heal = until_agreed(simulation, nodes, 30min);
  return row;
}

}  // namespace
}  // namespace alloy::cluster

int main(int argc, char** argv) {
  const double loss = argc > 1 ? std::atof(argv[1]) : 0;
  std::vector<size_t> sizes = {5, 10, 100, 300, 1000};
  if (argc > 2) sizes = {static_cast<size_t>(std::atoi(argv[2]))};
  fmt::print(
      "| nodes | join, s | leave, s | kill, s | machine lost, s | parted, s | healed, s | bytes a "
      "node and second | changes a node and quiet hour | keys moved by one leave |\n");
  fmt::print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
  std::fflush(stdout);
  for (const size_t nodes : sizes) {
    const auto row = alloy::cluster::measure(nodes, loss);
    fmt::print(
        "| {} | {:.2f} | {:.2f} | {:.1f} | {:.1f} | {:.1f} | {:.1f} | {:.0f} | {:.2f} | {:.2f} % "
        "|\n",
        row.nodes, row.joined, row.leave, row.kill, row.crash, row.part, row.heal, row.bytes,
        row.churn, 100 * row.moved);
    std::fflush(stdout);
  }
}
