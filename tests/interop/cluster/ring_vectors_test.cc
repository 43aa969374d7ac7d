// The ring's tokens and owners, bit for bit.
#include <doctest/doctest.h>

#include "cluster/ring.h"
#include "interop/cluster/vectors.h"

namespace alloy::cluster {
namespace {

using simdjson::dom::element;

TEST_CASE("a node's tokens are the real ones") {
  for (element vector : load_vectors("ring_tokens.json")["nodes"].get_array()) {
    const auto ours = tokens_of(text(vector, "node"));
    REQUIRE(ours.size() == Ring::tokens_per_node);
    size_t next = 0;
    for (element token : vector["tokens_in_generation_order"].get_array()) {
      // "<token>", or "<number>:<token>" where only some are listed.
      std::string_view spelled = token.get_string().value();
      if (const size_t colon = spelled.find(':'); colon != std::string_view::npos) {
        next = std::stoul(std::string(spelled.substr(0, colon)));
        spelled.remove_prefix(colon + 1);
      }
      CHECK(ours.at(next++) == hex_number(spelled));
    }
  }
}

TEST_CASE("1000 keys have the real owners in rings of 1, 3, 5 and 100 nodes") {
  for (const char* file : {"001", "003", "005", "100"}) {
    const element vectors = load_vectors(std::string("ring_owners_") + file + ".json");
    std::vector<std::string> names;
    for (element name : vectors["nodes_as_given"].get_array())
      names.emplace_back(name.get_string().value());
    const Ring ring(names);
    size_t rows = 0;
    for (element row : vectors["rows"].get_array()) {
      ++rows;
      const uint64_t key = hex_number(row.at(1).get_string().value());
      if (!row.at(0).is_null()) CHECK(string_key(row.at(0).get_string().value()) == key);
      CHECK(*ring.owner(key) == ring.names().at(row.at(2).get_uint64().value()));
      const auto owners = ring.owners(key, 3);
      REQUIRE(owners.has_value() == !row.at(3).is_null());
      if (!owners) continue;
      size_t i = 0;
      for (element owner : row.at(3).get_array())
        CHECK(owners->at(i++) == ring.names().at(owner.get_uint64().value()));
    }
    CHECK(rows == 1000);
  }
}

TEST_CASE("asking for more owners than nodes is the real error") {
  CHECK(Ring().owner(7) == nullptr);
  CHECK(Ring().owners(7, 1).error().message() == "not enough nodes: need at least 1, have 0");
  CHECK(Ring({"a", "b"}).owners(7, 3).error().message() ==
        "not enough nodes: need at least 3, have 2");
}

}  // namespace
}  // namespace alloy::cluster
