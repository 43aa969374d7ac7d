#include <doctest/doctest.h>

#include "component/component_harness.h"
#include "components/loki/shared/test_collector.h"
#include "components/loki/source_kubernetes_events/cluster_event.h"
#include "components/shared/kubernetes/fake_api_server.h"

namespace alloy {

extern const ComponentType loki_source_kubernetes_events;

namespace loki {
namespace {

constexpr const char* path = "/api/v1/events";

std::string event(std::string_view object, std::string_view time) {
  return fmt::format(
      R"(,"involvedObject":{{"kind":"Pod","namespace":"d","name":"{}"}},"message":"said \"<hi>\"",)"
      R"("type":"Normal","count":2,"lastTimestamp":"{}")",
      object, time);
}

struct Fixture {
  Fixture() {
    source.services().add<SeriesStore>(store);
    source.variables().set("next", encapsulate<LogsReceiver>(collector));
  }
  Result<> update(const std::string& more = "") {
    return source.update(fmt::format("forward_to = [next]\nclient {{\napi_server = \"{}\"\n}}\n{}",
                                     server.url(), more));
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
  ComponentHarness source{loki_source_kubernetes_events};
};

}  // namespace

TEST_CASE("loki.source.kubernetes_events makes lines of events, each version once") {
  Fixture f;
  f.server.put(path, "e1", event("a", "2031-01-01T00:00:00Z"));
  REQUIRE(f.update());
  f.source.start();
  REQUIRE(f.has_lines(1));
  CHECK(f.collector->lines()[0] ==
        "{instance=\"loki.source.kubernetes_events.test\", "
        "job=\"loki.source.kubernetes_events\", namespace=\"d\"} "
        "name=a kind=Pod eventRV=101 type=Normal count=2 msg=\"said \\\"<hi>\\\"\" ");
  // What the server lists anew, because it has forgotten how we got here, is known.
  f.server.forget();
  f.server.put(path, "e2", event("b", "2031-01-01T00:00:01Z"));
  REQUIRE(f.has_lines(2));
  f.server.put(path, "e1", event("a", "2031-01-01T00:00:02Z"));
  REQUIRE(f.has_lines(3));
  f.source.stop();
  CHECK(f.collector->lines()[1].contains("name=b"));
  CHECK(f.collector->lines()[2].contains("name=a"));
  CHECK(f.collector->lines().size() == 3);
}

TEST_CASE("loki.source.kubernetes_events goes on after the last event that it handed on") {
  Fixture f;
  f.server.put(path, "e1", event("a", "2031-01-01T00:00:00Z"));
  REQUIRE(f.update());
  f.source.start();
  REQUIRE(f.has_lines(1));
  // Another format makes it begin anew, as a restart does.
  const size_t before = f.server.count("/events?");
  REQUIRE(f.update("log_format = \"json\""));
  REQUIRE(f.source.wait_until([&] {
    f.source.clock().advance(1s);
    return f.server.count("/events?") > before + 1;
  }));
  f.server.put(path, "e2", event("b", "2031-01-01T00:00:01Z"));
  REQUIRE(f.has_lines(2));
  f.source.stop();
  REQUIRE(f.collector->lines().size() == 2);
  CHECK(f.collector->lines()[1].ends_with(
      R"({"count":2,"eventRV":"102","kind":"Pod","msg":"said \"\u003chi\u003e\"",)"
      R"("name":"b","type":"Normal"})"));
}

TEST_CASE("loki.source.kubernetes_events counts events that are about nothing") {
  Fixture f;
  f.server.put(path, "e1", R"(,"lastTimestamp":"2031-01-01T00:00:00Z")");
  REQUIRE(f.update());
  f.source.start();
  CHECK(f.source.wait_until(
      [&] { return f.source.metric("loki_source_kubernetes_events_dropped_total") == 1; }));
}

TEST_CASE("loki.source.kubernetes_events refuses unknown formats") {
  Fixture f;
  CHECK(f.update("log_format = \"xml\"").error().message() ==
        "supported values of log_format are logfmt and json");
  CHECK(f.update("job_name = \"\"").error().message() == "job_name must not be an empty string");
}

}  // namespace loki
}  // namespace alloy
