#include <doctest/doctest.h>

#include "component/component_harness.h"
#include "components/loki/shared/test_collector.h"
#include "components/shared/kubernetes/fake_api_server.h"

namespace alloy {

extern const ComponentType loki_source_podlogs;

namespace loki {
namespace {

constexpr const char* pod_logs_path = "/apis/monitoring.grafana.com/v1alpha2/podlogs";

struct Fixture {
  Fixture() {
    server.answer_with("/version", R"({"gitVersion":"v1.31.0"})");
    server.put("/api/v1/namespaces", "d", "");
    source.services().add<SeriesStore>(store);
    source.variables().set("next", encapsulate<LogsReceiver>(collector));
  }
  void add_pod(const std::string& name, const std::string& node, const std::string& line) {
    server.put("/api/v1/pods", name,
               fmt::format(R"(,"spec":{{"nodeName":"{}","containers":[{{"name":"app"}},)"
                           R"({{"name":"side"}}]}},"status":{{"phase":"Running"}})",
                           node));
    server.add_log_line(fmt::format("/api/v1/namespaces/d/pods/{}/log", name),
                        "2024-01-01T00:00:01Z " + line);
  }
  void start(const std::string& more = "") {
    REQUIRE(source.update(fmt::format("forward_to = [next]\nclient {{\napi_server = \"{}\"\n}}\n{}",
                                      server.url(), more)));
    source.start();
  }
  bool has_lines(size_t count) {
    return source.wait_until([&] {
      source.clock().advance(1s);
      return collector->lines().size() >= count;
    });
  }

  kubernetes::FakeApiServer server;
  SeriesStore store;
  std::shared_ptr<TestCollector> collector = std::make_shared<TestCollector>(store);
  ComponentHarness source{loki_source_podlogs};
};

}  // namespace

TEST_CASE("loki.source.podlogs reads the containers that PodLogs select and their rules keep") {
  Fixture f;
  f.add_pod("p", "n1", "hello");
  f.start();
  // Without a PodLogs nothing is read.
  f.server.put(pod_logs_path, "l",
               R"(,"spec":{"selector":{},"namespaceSelector":{},"relabelings":[)"
               R"({"action":"drop","sourceLabels":["__pod_container_name__"],"regex":"side"},)"
               R"({"sourceLabels":["__meta_kubernetes_pod_node_name"],"targetLabel":"node"}]})");
  REQUIRE(f.has_lines(1));
  CHECK(f.collector->lines()[0] == "{instance=\"d/p:app\", job=\"d/l\", node=\"n1\"} hello\n");
  f.add_pod("q", "n2", "there");
  CHECK(f.has_lines(2));
  f.source.stop();
  CHECK(f.collector->lines().size() == 2);
  CHECK(f.server.count("container=side") == 0);
}

TEST_CASE("loki.source.podlogs asks the server only for the pods of its node") {
  Fixture f;
  f.add_pod("p", "n1", "here");
  f.add_pod("q", "n2", "elsewhere");
  f.server.put(pod_logs_path, "l", R"(,"spec":{"selector":{},"namespaceSelector":{}})");
  f.start("node_filter {\nenabled = true\nnode_name = \"n1\"\n}");
  CHECK(f.has_lines(2));
  f.source.stop();
  CHECK(f.server.count("fieldSelector=spec.nodeName%3Dn1") >= 1);
  for (const std::string& line : f.collector->lines()) CHECK(line.contains("here"));
}

TEST_CASE("loki.source.podlogs refuses selectors that mean nothing") {
  Fixture f;
  const auto updated = f.source.update(
      "forward_to = [next]\nselector {\nmatch_expression {\nkey = \"a\"\noperator = \"Is\"\n}\n}");
  REQUIRE_FALSE(updated);
  CHECK(updated.error().message() == "\"Is\" is not a valid label selector operator");
}

}  // namespace loki
}  // namespace alloy
