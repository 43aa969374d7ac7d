#include "components/discovery/shared/fake_server.h"

namespace alloy {

extern const ComponentType discovery_triton;

namespace discovery {

TEST_CASE("discovery.triton refuses roles there are none of") {
  ComponentHarness harness(discovery_triton);
  CHECK(harness.update("account = \"a\"\ndns_suffix = \"d\"\nendpoint = \"e\"\nrole = \"x\"")
            .error()
            .message() == "triton SD configuration requires role to be 'container' or 'cn'");
}

TEST_CASE("discovery.triton says why it can't reach its endpoint, and has no targets") {
  ComponentHarness harness(discovery_triton);
  REQUIRE(harness.update(
      "account = \"a\"\ndns_suffix = \"d\"\nendpoint = \"127.0.0.1\"\nport = 1\nrole = \"cn\""));
  harness.start();
  CHECK(harness.wait_until([&] {
    harness.clock().advance(1s);
    return harness.health().message.contains("https://127.0.0.1:1/v1/gz/discover");
  }));
}

}  // namespace discovery
}  // namespace alloy
