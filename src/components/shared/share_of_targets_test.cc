#include "components/shared/share_of_targets.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace alloy {
namespace {

Target target(std::vector<Label> labels) { return Target::from_sorted(labels); }

TEST_CASE("a target's key is the one that real nodes compute") {
  CHECK(cluster_key(target({{"__address__", "localhost:9090"}, {"job", "prometheus"}})) ==
        0x8b4c4cd9760151ab);
  CHECK(cluster_key(target(
            {{"__address__", "localhost:9090"}, {"__meta_pod", "x"}, {"job", "prometheus"}})) ==
        0x8b4c4cd9760151ab);
  CHECK(cluster_key(target({})) == 0xef46db3751d8e999);
}

TEST_CASE("two nodes share all targets between them, each with one owner") {
  std::vector<Target> all;
  for (int i = 0; i < 100; ++i) all.push_back(target({{"__address__", fmt::format("h{}:1", i)}}));
  all.push_back(all.front());
  const TargetList targets(all);
  const auto share = [&](std::string self) {
    return share_of_targets(targets, {.ring = cluster::Ring({"a", "b"}), .self = std::move(self)});
  };
  const ShareOfTargets a = share("a");
  const ShareOfTargets b = share("b");
  CHECK(a.own.size() + b.own.size() == 100);
  CHECK(a.own.size() > 20);
  CHECK(a.others.size() == b.own.size());
  for (const uint32_t own : a.own) CHECK(b.others.contains(cluster_key(targets[own])));
}

TEST_CASE("with nobody taking part all targets are ours, and none while too few nodes are there") {
  const TargetList targets({target({{"__address__", "h:1"}})});
  CHECK(share_of_targets(targets, {.ring = {}, .self = "a"}).own.size() == 1);
  CHECK(share_of_targets(targets, {.ring = {}, .self = "a", .is_ready = false}).own.empty());
}

TEST_CASE("a set of keys holds what was put into it, zero and neighbours included") {
  KeySet keys;
  CHECK_FALSE(keys.contains(0));
  CHECK_FALSE(keys.contains(5));
  for (uint64_t i = 0; i < 1000; ++i) CHECK(keys.insert(i << 32 | (i & 3)));
  for (uint64_t i = 0; i < 1000; ++i) CHECK_FALSE(keys.insert(i << 32 | (i & 3)));
  CHECK(keys.size() == 1000);
  CHECK(keys.contains(0));
  CHECK_FALSE(keys.contains(7));
}

}  // namespace
}  // namespace alloy
