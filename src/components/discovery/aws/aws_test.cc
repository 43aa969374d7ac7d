#include "components/discovery/shared/fake_server.h"

namespace alloy {

extern const ComponentType discovery_aws;

namespace discovery {

TEST_CASE("discovery.aws does what the component of its role does") {
  FakeServer server;
  server.set("/", R"({"instances":[{"name":"a","privateIpAddress":"10.0.0.1"}]})");
  ComponentHarness harness(discovery_aws);
  REQUIRE(
      harness.update(fmt::format("role = \"lightsail\"\nendpoint = \"{}\"\nregion = \"r\"\n"
                                 "access_key = \"AK\"\nsecret_key = \"SK\"",
                                 server.url())));
  harness.start();
  CHECK(harness.wait_until([&] {
    harness.clock().advance(1s);
    return targets_of(harness).contains(R"(__address__="10.0.0.1:80")");
  }));
}

TEST_CASE("discovery.aws refuses roles, and arguments that a role doesn't take") {
  ComponentHarness harness(discovery_aws);
  const auto refusal = [&](std::string_view body) {
    return harness.update(body).error().message();
  };
  CHECK(refusal("role = \"x\"").starts_with("unsupported role \"x\": must be one of"));
  CHECK(refusal("role = \"ec2\"\nregion = \"r\"\nclusters = [\"c\"]") ==
        "clusters is only supported with the ecs, elasticache, msk, and rds roles, not \"ec2\"");
  CHECK(refusal("role = \"ecs\"\nregion = \"r\"") ==
        "the role \"ecs\" is not supported: only ec2 and lightsail are");
}

}  // namespace discovery
}  // namespace alloy
