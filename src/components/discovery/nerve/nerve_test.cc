#include "components/discovery/shared/fake_server.h"
#include "components/discovery/shared/fake_zookeeper.h"

namespace alloy {

extern const ComponentType discovery_nerve;

namespace discovery {

TEST_CASE("discovery.nerve makes targets of a tree's nodes, and follows changes") {
  FakeZookeeper server({{"/n", ""},
                        {"/n/a", R"({"host":"10.0.0.1","port":80,"name":"web"})"},
                        {"/n/a/b", "no member"}});
  ComponentHarness harness(discovery_nerve);
  REQUIRE(harness.update(fmt::format(
      "servers = [\"127.0.0.1:{}\"]\npaths = [\"/n\", \"/missing\"]\ntimeout = \"300ms\"",
      server.port())));
  harness.start();
  CHECK(wait_for_targets(harness,
                         R"({__address__="10.0.0.1:80", __meta_nerve_endpoint_host="10.0.0.1", )"
                         R"(__meta_nerve_endpoint_name="web", __meta_nerve_endpoint_port="80", )"
                         R"(__meta_nerve_path="/n/a"})"
                         "\n"));
  server.set("/n/a", R"({"host":"10.0.0.2","port":80,"name":"web"})");
  CHECK(harness.wait_until([&] {
    harness.clock().advance(1s);
    return targets_of(harness).contains("10.0.0.2:80");
  }));
}

TEST_CASE("broken messages of ZooKeeper are refused") {
  using namespace zookeeper;
  CHECK_FALSE(parse_reply("short"));
  CHECK_FALSE(parse_children(number(5, 4)));
  CHECK_FALSE(parse_data(number(100, 4) + "x"));
  CHECK(*parse_data(number(-1, 4)) == "");
}

}  // namespace discovery
}  // namespace alloy
