#include "components/discovery/shared/fake_server.h"

namespace alloy {

extern const ComponentType discovery_marathon;

namespace discovery {

TEST_CASE("discovery.marathon finds a task's ports where its application says they are") {
  FakeServer server;
  server.set("/v2/apps/", R"({"apps":[{"id":"/a","labels":{"x/y":"1"},
    "container":{"docker":{"image":"i"},"portMappings":[{"hostPort":0,"labels":{"p":"q"}}]},
    "tasks":[{"id":"t","host":"h","ports":[31000]}]},
    {"id":"/b","tasks":[{"id":"u","host":"h","ports":[31001,31002]}]}]})");
  ComponentHarness harness(discovery_marathon);
  REQUIRE(harness.update(fmt::format("servers = [\"{}\"]\nauth_token = \"s\"", server.url())));
  harness.start();
  CHECK(wait_for_targets(
      harness, R"({__address__="h:31000", __meta_marathon_app="/a", )"
               R"(__meta_marathon_app_label_x_y="1", __meta_marathon_image="i", )"
               R"(__meta_marathon_port_index="0", __meta_marathon_port_mapping_label_p="q", )"
               R"(__meta_marathon_task="t"})"
               "\n"
               R"({__address__="h:31001", __meta_marathon_app="/b", __meta_marathon_image="", )"
               R"(__meta_marathon_port_index="0", __meta_marathon_task="u"})"
               "\n"
               R"({__address__="h:31002", __meta_marathon_app="/b", __meta_marathon_image="", )"
               R"(__meta_marathon_port_index="1", __meta_marathon_task="u"})"
               "\n"));
  CHECK(server.requests("Authorization")[0] == "GET /v2/apps/?embed=apps.tasks token=s");
  CHECK(harness.update("servers = []").error().message() ==
        "at least one Marathon server must be specified");
}

}  // namespace discovery
}  // namespace alloy
