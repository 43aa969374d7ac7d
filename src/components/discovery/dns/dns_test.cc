#include "components/discovery/shared/fake_server.h"

namespace alloy {

extern const ComponentType discovery_dns;

namespace discovery {

TEST_CASE("discovery.dns refuses what can't work") {
  ComponentHarness harness(discovery_dns);
  const auto refusal = [&](std::string_view body) {
    return harness.update(body).error().message();
  };
  CHECK(refusal("names = [\"x\"]\ntype = \"A\"") ==
        "a port is required in DNS-SD configs for all record types except SRV");
  CHECK(refusal("names = [\"x\"]\ntype = \"TXT\"\nport = 1") == "invalid DNS-SD records type TXT");
  CHECK(harness.update("names = [\"x\"]\ntype = \"mx\"\nport = 1"));
}

}  // namespace discovery
}  // namespace alloy
