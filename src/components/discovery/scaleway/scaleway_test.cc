#include "components/discovery/shared/fake_server.h"

namespace alloy {

extern const ComponentType discovery_scaleway;

namespace discovery {

TEST_CASE("discovery.scaleway makes targets of instances, page by page") {
  FakeServer server;
  const std::string path = "/instance/v1/zones/fr-par-1/servers";
  server.set(path, R"({"total_count":2,"servers":[{"id":"a","zone":"fr-par-1","tags":["t"],
    "public_ip":{"address":"1.1.1.1","family":"inet"}}]})");
  server.then(path, R"({"total_count":2,"servers":[{"id":"b","zone":"fr-par-1",
    "private_ip":"10.0.0.1"}]})");
  ComponentHarness harness(discovery_scaleway);
  const std::string who =
      "project_id = \"11111111-1111-1111-1111-111111111112\"\n"
      "access_key = \"SCWXXXXXXXXXXXXXXXXX\"\n"
      "secret_key = \"11111111-1111-1111-1111-111111111111\"\n";
  REQUIRE(harness.update(who + fmt::format("api_url = \"{}\"\nrole = \"instance\"", server.url())));
  harness.start();
  CHECK(harness.wait_until([&] {
    harness.clock().advance(1s);
    const std::string targets = targets_of(harness);
    return targets.contains(R"(__address__="1.1.1.1:80")") &&
           targets.contains(R"(__meta_scaleway_instance_tags=",t,")") &&
           targets.contains(R"(__address__="10.0.0.1:80")");
  }));
  CHECK(server.was_asked("GET " + path + "?order=creation_date_desc&page=2"));
  CHECK(harness.update(who + "role = \"x\"").error().message().contains("invalid role \"x\""));
  CHECK(harness
            .update("project_id = \"p\"\nrole = \"instance\"\naccess_key = \"k\"\n"
                    "secret_key = \"s\"")
            .error()
            .message()
            .contains("invalid access key format"));
}

}  // namespace discovery
}  // namespace alloy
