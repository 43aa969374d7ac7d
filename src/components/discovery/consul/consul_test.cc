#include "components/discovery/shared/fake_server.h"

namespace alloy {

extern const ComponentType discovery_consul;

namespace discovery {
namespace {

constexpr std::string_view web = R"([{"Node":{"Node":"n1","Address":"10.0.0.5"},
  "Service":{"ID":"web-1","Service":"web","Tags":["a"],"Address":"","Port":80},
  "Checks":[{"CheckID":"c","Status":"passing"},{"CheckID":"d","Status":"warning"}]}])";

bool wait_for(ComponentHarness& harness, const std::function<bool(const std::string&)>& holds) {
  return harness.wait_until([&] {
    harness.clock().advance(5s);
    return holds(targets_of(harness));
  });
}

}  // namespace

TEST_CASE("discovery.consul finds services and forgets those that are gone") {
  FakeServer server;
  server.set("/v1/agent/self", R"({"Config":{"Datacenter":"dc1"}})");
  server.set("/v1/catalog/services", R"({"web":["a"],"db":[]})", 200, {{"X-Consul-Index", "7"}});
  server.set("/v1/health/service/web", std::string(web), 200, {{"X-Consul-Index", "7"}});
  server.set("/v1/health/service/db", "[]", 200, {{"X-Consul-Index", "7"}});
  ComponentHarness harness(discovery_consul);
  REQUIRE(harness.update(
      fmt::format("server = \"{}\"\ntoken = \"t\"\nnamespace = \"ns\"", server.address())));
  harness.start();
  CHECK(wait_for(harness, [](const std::string& targets) {
    return targets.contains(R"(__address__="10.0.0.5:80")") &&
           targets.contains(R"(__meta_consul_health="warning")") &&
           targets.contains(R"(__meta_consul_dc="dc1")") &&
           targets.contains(R"(__meta_consul_tags=",a,")");
  }));
  CHECK(server.was_asked("GET /v1/catalog/services?ns=ns&stale=&wait=120000ms"));
  CHECK(server.requests("X-Consul-Token")[0] == "GET /v1/agent/self t");
  // From now on the question waits for news.
  CHECK(wait_for(harness, [&](const std::string&) {
    return server.was_asked("GET /v1/health/service/web?index=7&ns=ns&stale=&wait=120000ms");
  }));
  server.set("/v1/catalog/services", R"({"db":[]})", 200, {{"X-Consul-Index", "8"}});
  CHECK(wait_for(harness, [](const std::string& targets) { return targets.empty(); }));
}

TEST_CASE("discovery.consul keeps targets while Consul fails, and counts") {
  FakeServer server;
  server.set("/v1/health/service/web", std::string(web), 200, {{"X-Consul-Index", "7"}});
  ComponentHarness harness(discovery_consul);
  REQUIRE(harness.update(
      fmt::format("server = \"{}\"\ndatacenter = \"x\"\nservices = [\"web\"]", server.url())));
  harness.start();
  REQUIRE(wait_for(harness, [](const std::string& targets) { return targets.contains("web-1"); }));
  server.set("/v1/health/service/web", "no leader", 500);
  CHECK(wait_for(harness, [&](const std::string&) {
    return harness.health().message.contains("Unexpected response code: 500 (no leader)");
  }));
  CHECK(targets_of(harness).contains("web-1"));
  CHECK(harness.metric("prometheus_sd_consul_rpc_failures_total") > 0);
}

}  // namespace discovery
}  // namespace alloy
