#include "runtime/graph.h"

#include <doctest/doctest.h>

namespace alloy::runtime {
namespace {

using Nodes = std::vector<uint32_t>;

}  // namespace

TEST_CASE("dependencies come first, everything else in its own order") {
  Graph graph(5);
  graph.add_edge(0, 3);
  graph.add_edge(3, 4);
  graph.add_edge(3, 4);
  CHECK(graph.order() == Nodes{4, 3, 0, 1, 2});
  CHECK(graph.dependants(4).size() == 1);
  CHECK(graph.cycles().empty());
}

TEST_CASE("cycles are found, also of one node") {
  Graph graph(4);
  graph.add_edge(0, 1);
  graph.add_edge(1, 0);
  graph.add_edge(3, 3);
  graph.add_edge(2, 0);
  CHECK(graph.cycles() == std::vector<Nodes>{{1, 0}, {3}});
}

TEST_CASE("what depends on a node has a smaller height") {
  Graph graph(4);
  graph.add_edge(0, 1);
  graph.add_edge(1, 2);
  graph.add_edge(3, 2);
  CHECK(graph.heights(graph.order()) == Nodes{0, 1, 2, 0});
}

TEST_CASE("a chain as long as a large configuration is no problem") {
  Graph graph(200'000);
  for (uint32_t i = 1; i < graph.size(); ++i) graph.add_edge(i - 1, i);
  CHECK(graph.order().front() == 199'999);
}

}  // namespace alloy::runtime
