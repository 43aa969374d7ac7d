// Who owns a key, and dividing a million targets anew after a change of the cluster.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "cluster/ring.h"
#include "components/shared/share_of_targets.h"

namespace alloy {
namespace {

std::vector<std::string> names(int64_t count) {
  std::vector<std::string> out;
  for (int64_t i = 0; i < count; ++i) out.push_back(fmt::format("alloy-{}", i));
  return out;
}

void ring_lookup(benchmark::State& state) {
  const cluster::Ring ring(names(state.range(0)));
  std::vector<uint64_t> keys;
  for (int i = 0; i < 1 << 16; ++i) keys.push_back(cluster::string_key(std::to_string(i)));
  size_t at = 0;
  for (auto _ : state) benchmark::DoNotOptimize(ring.owner(keys[at++ & (keys.size() - 1)]));
}
BENCHMARK(ring_lookup)->Arg(3)->Arg(100)->Arg(1000);

void ring_construction(benchmark::State& state) {
  // Made at the first question.
  for (auto _ : state) benchmark::DoNotOptimize(cluster::Ring(names(state.range(0))).owner(0));
}
BENCHMARK(ring_construction)->Arg(3)->Arg(100)->Arg(1000)->Unit(benchmark::kMillisecond);

const TargetList& million_targets() {
  static const TargetList targets = [] {
    std::vector<Target> all;
    for (int i = 0; i < 1'000'000; ++i) {
      const std::string address = fmt::format("10.{}.{}.{}:9100", i >> 16, i >> 8 & 255, i & 255);
      const std::vector<Label> labels = {
          {"__address__", address}, {"job", "node"}, {"namespace", "default"}, {"pod", address}};
      all.push_back(Target::from_sorted(labels));
    }
    return TargetList(std::move(all));
  }();
  return targets;
}

void owners_of_million_targets(benchmark::State& state) {
  const ClusterView view{.ring = cluster::Ring(names(state.range(0))), .self = "alloy-1"};
  for (auto _ : state)
    benchmark::DoNotOptimize(share_of_targets_with_terms(million_targets(), view));
}
BENCHMARK(owners_of_million_targets)->Arg(3)->Arg(100)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace alloy
