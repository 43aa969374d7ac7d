// What each component names its work by, and how much of it moves.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "cluster/ring.h"
#include "components/loki/shared/pod_tail/pod_target.h"
#include "components/shared/share_of_targets.h"
#include "interop/cluster/vectors.h"

namespace alloy::cluster {
namespace {

using simdjson::dom::element;

Target target_of(element set) {
  element pairs;
  const bool is_hex = set["labels_hex"].get(pairs) == simdjson::SUCCESS;
  if (!is_hex) pairs = set["labels"];
  std::vector<std::string> texts;
  for (element pair : pairs.get_array())
    for (element part : pair.get_array()) {
      const std::string_view spelled = part.get_string().value();
      texts.push_back(is_hex ? from_hex(spelled) : std::string(spelled));
    }
  std::vector<Label> labels;
  for (size_t i = 0; i + 1 < texts.size(); i += 2) labels.push_back({texts[i], texts[i + 1]});
  return Target(std::move(labels));
}

TEST_CASE("targets and containers have the real keys") {
  size_t sets = 0;
  for (element set : load_vectors("target_keys.json")["sets"].get_array()) {
    CAPTURE(text(set, "operator_string"));
    const Target target = target_of(set);
    CHECK(cluster_key(target) == hex_number(text(set, "target_key")));
    const LabelSet container = loki::pod_cluster_labels(target);
    CHECK(container.hash() == hex_number(text(set, "loki_source_kubernetes_key")));
    CHECK(container.describe() == text(set, "loki_source_podlogs_string"));
    CHECK(string_key(container.describe()) == hex_number(text(set, "loki_source_podlogs_key")));
    ++sets;
  }
  CHECK(sets == 30);
}

TEST_CASE("namespaces and components have the real keys") {
  for (element row : load_vectors("target_keys.json")["string_keys"].get_array())
    CHECK(string_key(text(row, "string")) == hex_number(text(row, "key")));
}

TEST_CASE("only participants own keys, the same ones as in the real ring") {
  const element states = load_vectors("ring_states.json");
  std::vector<std::string> participants;
  for (element peer : states["peers"].get_array())
    if (text(peer, "State") == "participant") participants.emplace_back(text(peer, "Name"));
  const Ring ring(participants);
  for (element row : states["rows"].get_array()) {
    const uint64_t key = string_key(text(row, "key"));
    CHECK(key == hex_number(text(row, "key_hex")));
    CHECK(*ring.owner(key) == row["readwrite1"].at(0).get_string().value());
    std::vector<std::string> two;
    for (element name : row["readwrite2"].get_array()) two.emplace_back(name.get_string().value());
    CHECK(ring.owners(key, 2) == two);
  }
}

uint64_t splitmix64(uint64_t& state) {
  uint64_t z = state += 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

Ring ring_of(uint64_t nodes) {
  std::vector<std::string> names;
  for (uint64_t i = 0; i < nodes; ++i) names.push_back(fmt::format("node-{}", i));
  return Ring(names);
}

TEST_CASE("when a node joins, exactly the keys move that move in the real ring") {
  for (element row : load_vectors("redistribution.json")["rows"].get_array()) {
    const uint64_t from = row["from"].get_uint64().value();
    const uint64_t to = row["to"].get_uint64().value();
    CAPTURE(from);
    const Ring before = ring_of(from);
    const Ring after = ring_of(to);
    uint64_t state = 42;
    uint64_t moved = 0;
    for (uint64_t i = 0; i < row["keys"].get_uint64().value(); ++i) {
      const uint64_t key = splitmix64(state);
      moved += *before.owner(key) != *after.owner(key);
    }
    CHECK(moved == row["moved"].get_uint64().value());
  }
}

}  // namespace
}  // namespace alloy::cluster
