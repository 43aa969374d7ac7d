#include <doctest/doctest.h>

#include "services/cluster.h"

namespace alloy {
namespace {

using cluster::Ring;

const WallTime moment = WallTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 24));

ClusterView view(std::string self) {
  return {.ring = Ring({"a", "b"}),
          .self = std::move(self),
          .steps = {{moment, Ring({"a", "b", "c"})}}};
}

// A key that the newcomer takes from a.
uint64_t moving_key() {
  uint64_t key = 0;
  while (*Ring({"a", "b"}).owner(key) != "a" || *Ring({"a", "b", "c"}).owner(key) != "c")
    key = cluster::string_key(std::to_string(key));
  return key;
}

TEST_CASE("the terms of the old owner and the new one meet at the announced moment") {
  const uint64_t key = moving_key();
  CHECK(view("a").term(key) == ClusterTerm{.until = moment});
  CHECK(view("c").term(key) == ClusterTerm{.from = moment});
  CHECK_FALSE(view("b").term(key).has_value());
  CHECK(view("a").owns(key));
  CHECK_FALSE(view("c").owns(key));
}

TEST_CASE("a key that stays has no end") {
  uint64_t key = 1;
  while (*Ring({"a", "b", "c"}).owner(key) != "b") key = cluster::string_key(std::to_string(key));
  CHECK(view("b").term(key) == ClusterTerm{});
}

TEST_CASE("with nodes that know no announcements work changes hands at once") {
  const uint64_t key = moving_key();
  ClusterView joining = view("c");
  joining.unannounced = {"a"};
  CHECK(joining.term(key) == ClusterTerm{});
  ClusterView leaving{.ring = Ring({"a", "c"}), .self = "c", .steps = {{moment, Ring({"a"})}}};
  uint64_t own = 1;
  while (*leaving.ring.owner(own) != "c") own = cluster::string_key(std::to_string(own));
  CHECK(leaving.term(own) == ClusterTerm{.until = moment});
  leaving.unannounced = {"a"};
  CHECK_FALSE(leaving.term(own).has_value());
}

TEST_CASE("nothing is ours while the cluster is not ready") {
  ClusterView waiting = view("a");
  waiting.is_ready = false;
  CHECK_FALSE(waiting.term(moving_key()).has_value());
}

}  // namespace
}  // namespace alloy
