#include <doctest/doctest.h>

#include "component/component_harness.h"
#include "components/loki/shared/pod_tail/pod_tailers.h"
#include "components/loki/shared/positions.h"
#include "components/loki/shared/test_collector.h"
#include "components/shared/kubernetes/fake_api_server.h"

namespace alloy {

extern const ComponentType loki_source_kubernetes;

namespace loki {
namespace {

constexpr const char* pod_path = "/api/v1/namespaces/d/pods/p";
constexpr const char* log_path = "/api/v1/namespaces/d/pods/p/log";
constexpr const char* running = R"({"metadata":{"name":"p","uid":"u"},"status":)"
                                R"({"containerStatuses":[{"name":"c","state":{"running":{}}}]}})";

struct Fixture {
  Fixture() {
    server.answer_with("/version", R"({"gitVersion":"v1.31.0"})");
    server.answer_with(pod_path, running);
    source.services().add<SeriesStore>(store);
    source.variables().set("next", encapsulate<LogsReceiver>(collector));
  }
  void start(const std::string& more_labels = "") {
    REQUIRE(source.update(
        fmt::format("targets = [{{\"__meta_kubernetes_namespace\" = \"d\", "
                    "\"__meta_kubernetes_pod_name\" = \"p\", "
                    "\"__meta_kubernetes_pod_container_name\" = \"c\", "
                    "\"__meta_kubernetes_pod_uid\" = \"u\"{}}}]\nforward_to = [next]\n"
                    "client {{\napi_server = \"{}\"\n}}",
                    more_labels, server.url())));
    source.start();
  }
  // Moves the clock on while waiting, since retries pause on it.
  bool has_lines(size_t count) {
    return source.wait_until([&] {
      source.clock().advance(1s);
      return collector->lines().size() >= count;
    });
  }

  kubernetes::FakeApiServer server;
  SeriesStore store;
  std::shared_ptr<TestCollector> collector = std::make_shared<TestCollector>(store);
  ComponentHarness source{loki_source_kubernetes};
};

}  // namespace

TEST_CASE(
    "loki.source.kubernetes follows a container's log, and goes on where a connection ended") {
  Fixture f;
  f.server.add_log_line(log_path, "2024-01-01T00:00:01.1Z one");
  f.start();
  REQUIRE(f.has_lines(1));
  f.server.disconnect();
  CHECK(f.source.wait_until([&] {
    f.source.clock().advance(1s);
    return f.server.count("&sinceTime=2024-01-01T00%3A00%3A01Z&") >= 1;
  }));
  f.server.add_log_line(log_path, "2024-01-01T00:00:01.1Z two");
  f.server.add_log_line(log_path, "2024-01-01T00:00:01.2Z three");
  REQUIRE(f.has_lines(3));
  f.source.stop();
  CHECK(f.collector->lines() ==
        std::vector<std::string>{
            "{instance=\"d/p:c\", job=\"loki.source.kubernetes.test\"} one\n",
            "{instance=\"d/p:c\", job=\"loki.source.kubernetes.test\"} two\n",
            "{instance=\"d/p:c\", job=\"loki.source.kubernetes.test\"} three\n"});
}

TEST_CASE("loki.source.kubernetes hands lines on again that a receiver refused") {
  Fixture f;
  f.collector->refuse(2);
  f.server.add_log_line(log_path, "2024-01-01T00:00:01Z one");
  f.start();
  REQUIRE(f.has_lines(1));
  CHECK(f.collector->lines().size() == 1);
}

TEST_CASE("loki.source.kubernetes keeps its place when labels change") {
  Fixture f;
  f.server.add_log_line(log_path, "2024-01-01T00:00:01Z one");
  f.start();
  REQUIRE(f.has_lines(1));
  REQUIRE(f.source.update(
      fmt::format("targets = [{{\"__pod_namespace__\" = \"d\", \"__pod_name__\" = \"p\", "
                  "\"__pod_container_name__\" = \"c\", \"__pod_uid__\" = \"u\", \"x\" = \"y\"}}]\n"
                  "forward_to = [next]\nclient {{\napi_server = \"{}\"\n}}",
                  f.server.url())));
  f.server.add_log_line(log_path, "2024-01-01T00:00:01Z two");
  REQUIRE(f.has_lines(2));
  CHECK(f.collector->lines().back() ==
        "{instance=\"d/p:c\", job=\"loki.source.kubernetes.test\", x=\"y\"} two\n");
  CHECK(f.collector->lines().size() == 2);
}

TEST_CASE("loki.source.kubernetes leaves a container alone that has ended") {
  Fixture f;
  f.server.answer_with(pod_path, R"({"metadata":{"name":"p","uid":"another"}})");
  f.server.add_log_line(log_path, "2024-01-01T00:00:01Z one");
  f.start();
  REQUIRE(f.has_lines(1));
  f.server.disconnect();
  CHECK(f.source.wait_until([&] { return f.server.count("/pods/p") == 2; }));
  f.source.stop();
  CHECK(f.server.count("/log?") == 1);
}

TEST_CASE("a server before Kubernetes 1.29 misses that logs are rotated") {
  CHECK(misses_rotation("v1.28.3"));
  CHECK(misses_rotation("1.9"));
  CHECK_FALSE(misses_rotation("v1.29.0-eks-1"));
  CHECK_FALSE(misses_rotation("v2.0.0"));
  CHECK_FALSE(misses_rotation("unknown"));
}

}  // namespace loki
}  // namespace alloy
