#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

#include "component/component_harness.h"
#include "components/shared/kubernetes/fake_api_server.h"

namespace alloy {

extern const ComponentType loki_rules_kubernetes;

namespace {

constexpr const char* rules_path = "/apis/monitoring.coreos.com/v1/prometheusrules";

std::string spec(std::string_view expression) {
  return fmt::format(
      R"(,"spec":{{"groups":[{{"name":"g","rules":[{{"record":"r","expr":"{}"}}]}}]}})",
      expression);
}

}  // namespace

TEST_CASE("loki.rules.kubernetes adds the rules that are Loki's; no rules yet is no error") {
  kubernetes::FakeApiServer cluster;
  const auto config = std::filesystem::temp_directory_path() /
                      fmt::format("kubeconfig-loki-{}", reinterpret_cast<uintptr_t>(&cluster));
  std::ofstream(config) << "current-context: c\nclusters:\n- name: k\n  cluster:\n    server: "
                        << cluster.url() << "\ncontexts:\n- name: c\n  context:\n    cluster: k\n";
  ::setenv("KUBECONFIG", config.c_str(), 1);
  // What it is asked for and doesn't know, this server answers with an empty list, as Loki would.
  kubernetes::FakeApiServer ruler;
  ruler.answer_with("/loki/api/v1/rules", "");
  cluster.put("/api/v1/namespaces", "d", "");
  cluster.put(rules_path, "metrics", spec("up == 0"));
  cluster.put(rules_path, "logs", spec("count_over_time({app=\\\"x\\\"}[1m])"));
  ComponentHarness rules(loki_rules_kubernetes);
  REQUIRE(rules.update(fmt::format("address = \"{}\"", ruler.url())));
  rules.start();
  CHECK(rules.wait_until([&] {
    rules.clock().advance(1s);
    return ruler.count("/loki/api/v1/rules/alloy-d-logs-u-logs") > 0;
  }));
  CHECK(rules.wait_until([&] { return rules.health().state == HealthState::healthy; }));
  rules.stop();
  CHECK(ruler.count("alloy-d-metrics") == 0);
  ::unsetenv("KUBECONFIG");
  std::filesystem::remove(config);
}

}  // namespace alloy
