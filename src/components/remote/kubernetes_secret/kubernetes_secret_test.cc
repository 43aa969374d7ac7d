#include <doctest/doctest.h>

#include "component/component_harness.h"
#include "components/shared/kubernetes/fake_api_server.h"
#include "values/secret.h"

namespace alloy {

extern const ComponentType remote_kubernetes_secret;

namespace {

std::string config(const kubernetes::FakeApiServer& server) {
  return fmt::format("namespace = \"n\"\nname = \"x\"\nclient {{\napi_server = \"{}\"\n}}",
                     server.url());
}

// The text of a key, and whether it is hidden.
std::pair<std::string, bool> value(const ComponentHarness& harness, std::string_view key) {
  const Value exports = harness.exports_value();
  const Value* data = exports.as_object()->find("data");
  const Value* found = data->as_object()->find(key);
  if (found == nullptr || found->secret() == nullptr) return {};
  return {found->secret()->text(), found->secret()->is_secret()};
}

}  // namespace

TEST_CASE(
    "remote.kubernetes.secret decodes what a Secret has, and keeps it while the server fails") {
  kubernetes::FakeApiServer server;
  server.answer_with("/api/v1/namespaces/n/secrets/x", R"({"data":{"a":"b25l"}})");
  ComponentHarness harness(remote_kubernetes_secret);
  REQUIRE(harness.update(config(server)));
  CHECK(harness.health().message == "got secret");
  CHECK(value(harness, "a") == std::pair(std::string("one"), true));
  harness.start();
  const auto poll = [&] {
    CHECK(harness.wait_until([&] { return harness.clock().sleepers() == 1; }));
    harness.clock().advance(1min);
  };
  server.refuse(503);
  poll();
  CHECK(harness.wait_until([&] { return harness.health().state == HealthState::unhealthy; }));
  CHECK(harness.health().message == "polling failed: not now");
  CHECK(value(harness, "a").first == "one");
  server.refuse(0);
  server.answer_with("/api/v1/namespaces/n/secrets/x", R"({"data":{"a":"dHdv"}})");
  poll();
  CHECK(harness.wait_until([&] { return value(harness, "a").first == "two"; }));
}

TEST_CASE("remote.kubernetes.secret refuses clients that can't be meant") {
  ComponentHarness harness(remote_kubernetes_secret);
  CHECK(harness.update("namespace = \"n\"\nname = \"x\"\nclient {\nbearer_token = \"t\"\n}")
            .error()
            .message() ==
        "api_server must be set when custom HTTP client configuration is provided");
}

}  // namespace alloy
