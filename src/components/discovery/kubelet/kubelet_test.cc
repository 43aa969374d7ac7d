#include "components/discovery/shared/fake_server.h"

namespace alloy {

extern const ComponentType discovery_kubelet;

namespace discovery {

TEST_CASE("discovery.kubelet makes targets of the pods of the wanted namespaces") {
  FakeServer server;
  const auto pod = [](std::string_view name_space, std::string_view address,
                      std::string_view name = "p") {
    return fmt::format(R"({{"metadata":{{"name":"{2}","namespace":"{0}","uid":"u"}},
      "spec":{{"nodeName":"n","containers":[{{"name":"c","image":"i"}}]}},
      "status":{{"podIP":"{1}","hostIP":"h","phase":"Running"}}}})",
                       name_space, address, name);
  };
  server.set("/pods", fmt::format(R"({{"items":[{},{},{}]}})", pod("a", "10.0.0.1"),
                                  pod("b", "10.0.0.2"), pod("a", "", "starting")));
  ComponentHarness harness(discovery_kubelet);
  REQUIRE(harness.update(fmt::format("url = \"{}\"\nnamespaces = [\"a\"]", server.url())));
  harness.start();
  CHECK(wait_for_targets(
      harness, R"({__address__="10.0.0.1", __meta_kubernetes_namespace="a", )"
               R"(__meta_kubernetes_pod_container_id="", )"
               R"(__meta_kubernetes_pod_container_image="i", )"
               R"(__meta_kubernetes_pod_container_init="false", )"
               R"(__meta_kubernetes_pod_container_name="c", __meta_kubernetes_pod_host_ip="h", )"
               R"(__meta_kubernetes_pod_ip="10.0.0.1", __meta_kubernetes_pod_name="p", )"
               R"(__meta_kubernetes_pod_node_name="n", __meta_kubernetes_pod_phase="Running", )"
               R"(__meta_kubernetes_pod_ready="unknown", __meta_kubernetes_pod_uid="u"})"
               "\n"));
  server.set("/pods", "Forbidden", 403);
  CHECK(harness.wait_until([&] {
    harness.clock().advance(5s);
    return harness.health().message.contains("error response from kubelet: 403 Forbidden");
  }));
}

}  // namespace discovery
}  // namespace alloy
