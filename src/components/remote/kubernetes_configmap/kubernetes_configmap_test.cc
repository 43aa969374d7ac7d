#include <doctest/doctest.h>

#include "component/component_harness.h"
#include "components/shared/kubernetes/fake_api_server.h"
#include "values/secret.h"

namespace alloy {

extern const ComponentType remote_kubernetes_configmap;

TEST_CASE("remote.kubernetes.configmap shows what a ConfigMap has, and asks for it again") {
  kubernetes::FakeApiServer server;
  constexpr const char* path = "/api/v1/namespaces/n/configmaps/x";
  server.answer_with(path, R"({"data":{"a":"one"}})");
  ComponentHarness harness(remote_kubernetes_configmap);
  REQUIRE(harness.update(fmt::format(
      "namespace = \"n\"\nname = \"x\"\nclient {{\napi_server = \"{}\"\n}}", server.url())));
  const auto value = [&] {
    const Value exports = harness.exports_value();
    const Value* found = exports.as_object()->find("data")->as_object()->find("a");
    return found != nullptr && !found->secret()->is_secret() ? found->secret()->text() : "";
  };
  CHECK(value() == "one");
  CHECK(harness.health().message == "got configmap");
  harness.start();
  server.answer_with(path, R"({"data":{"a":"two"}})");
  CHECK(harness.wait_until([&] { return harness.clock().sleepers() == 1; }));
  harness.clock().advance(1min);
  CHECK(harness.wait_until([&] { return value() == "two"; }));
}

TEST_CASE("remote.kubernetes.configmap is not built where there is no such object") {
  kubernetes::FakeApiServer server;
  server.refuse(404);
  ComponentHarness harness(remote_kubernetes_configmap);
  CHECK(
      harness
          .update(fmt::format("namespace = \"n\"\nname = \"x\"\nclient {{\napi_server = \"{}\"\n}}",
                              server.url()))
          .error()
          .message() == "not now");
}

}  // namespace alloy
