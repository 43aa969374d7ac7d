#include "component/component_harness.h"
#include "components/mimir/shared/test_peers.h"

namespace alloy {

extern const ComponentType mimir_rules_kubernetes;

namespace {

using namespace mimir;

constexpr const char* rules_path = "/apis/monitoring.coreos.com/v1/prometheusrules";

std::string spec(std::string_view expression) {
  return fmt::format(
      R"(,"spec":{{"groups":[{{"name":"g","rules":[{{"record":"r","expr":"{}"}}]}}]}})",
      expression);
}

}  // namespace

TEST_CASE("mimir.rules.kubernetes adds, tries again, and removes what is its own") {
  kubernetes::FakeApiServer cluster;
  const KubeConfig config(cluster.url());
  Mimir ruler;
  const std::string gone = "alloy%2Fd%2Fold%2F0f0e0d0c-aaaa-4bbb-8ccc-ddddeeee0001";
  ruler.set_list(
      "alloy/d/old/0f0e0d0c-aaaa-4bbb-8ccc-ddddeeee0001:\n- name: o\n  rules: []\n"
      "somebody:\n- name: s\n  rules: []\n");
  ruler.refuse(1);
  cluster.put("/api/v1/namespaces", "d", "");
  cluster.put(rules_path, "new", spec("up"));
  ComponentHarness rules(mimir_rules_kubernetes);
  REQUIRE(rules.update(fmt::format("address = \"{}\"", ruler.url())));
  rules.start();
  const auto wait_for = [&](std::string_view request) {
    return rules.wait_until([&] {
      rules.clock().advance(1s);
      return ruler.was_asked(request);
    });
  };
  CHECK(wait_for("POST /prometheus/config/v1/rules/alloy%2Fd%2Fnew%2Fu-new"));
  CHECK(wait_for("DELETE /prometheus/config/v1/rules/" + gone + "/o"));
  CHECK(rules.wait_until([&] { return rules.health().state == HealthState::healthy; }));
  rules.stop();
  CHECK_FALSE(ruler.was_asked("DELETE /prometheus/config/v1/rules/somebody"));
  CHECK(rules.metric("mimir_rules_events_retried_total") >= 1);
}

TEST_CASE("mimir.rules.kubernetes needs a cluster to be found") {
  const KubeConfig config("http://127.0.0.1:1");
  ::setenv("KUBECONFIG", "/nowhere/at/all", 1);
  ComponentHarness rules(mimir_rules_kubernetes);
  const auto updated = rules.update("address = \"http://x\"");
  REQUIRE_FALSE(updated);
  CHECK(updated.error().message() ==
        "initializing component failed: failed to get k8s config: invalid configuration: no "
        "configuration has been provided, try setting KUBERNETES_MASTER environment variable");
}

TEST_CASE("mimir.rules.kubernetes refuses matchers that mean nothing") {
  ComponentHarness rules(mimir_rules_kubernetes);
  CHECK(rules
            .update("address = \"http://x\"\nextra_query_matchers {\nmatcher {\nname = \"a\"\n"
                    "match_type = \"=\"\n}\n}")
            .error()
            .message() == "exactly one of 'value' or 'value_from_label' must be provided, got 0");
}

}  // namespace alloy
