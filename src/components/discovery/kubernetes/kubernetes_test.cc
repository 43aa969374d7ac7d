#include "base/text.h"
#include "components/discovery/shared/fake_server.h"
#include "components/shared/kubernetes/fake_api_server.h"

namespace alloy {

extern const ComponentType discovery_kubernetes;

namespace discovery {
namespace {

using alloy::kubernetes::FakeApiServer;

constexpr std::string_view pods = "/api/v1/pods";

std::string pod(std::string_view address) {
  return fmt::format(R"(,"spec":{{"nodeName":"n","containers":[{{"name":"c","image":"i",)"
                     R"("ports":[{{"containerPort":80}}]}}]}},"status":{{"podIP":"{}"}})",
                     address);
}

std::string addresses(const ComponentHarness& harness) {
  std::string text;
  const std::string all = targets_of(harness);
  for (const std::string_view line : split(all, '\n')) {
    const size_t begin = line.find('"');
    if (begin == std::string_view::npos) continue;
    text += std::string(line.substr(begin + 1, line.find('"', begin + 1) - begin - 1)) + " ";
  }
  return text;
}

bool wait_for_addresses(ComponentHarness& harness, std::string_view expected) {
  return harness.wait_until([&] {
    if (addresses(harness) == expected) return true;
    harness.clock().advance(500ms);
    return false;
  });
}

std::string config(const FakeApiServer& server, std::string_view more = "role = \"pod\"") {
  return fmt::format("api_server = \"{}\"\n{}", server.url(), more);
}

}  // namespace

TEST_CASE("discovery.kubernetes follows pods as they come, change and go") {
  for (const auto lists : {FakeApiServer::Lists::plain, FakeApiServer::Lists::streamed}) {
    FakeApiServer server(lists);
    server.put(std::string(pods), "a", pod("10.0.0.1"));
    ComponentHarness harness(discovery_kubernetes);
    REQUIRE(harness.update(config(server)));
    harness.start();
    CHECK(wait_for_addresses(harness, "10.0.0.1:80 "));
    server.put(std::string(pods), "b", pod("10.0.0.2"));
    CHECK(wait_for_addresses(harness, "10.0.0.1:80 10.0.0.2:80 "));
    server.put(std::string(pods), "a", pod("10.0.0.3"));
    CHECK(wait_for_addresses(harness, "10.0.0.2:80 10.0.0.3:80 "));
    server.remove(std::string(pods), "b");
    CHECK(wait_for_addresses(harness, "10.0.0.3:80 "));
  }
}

TEST_CASE("discovery.kubernetes goes on from the last bookmark after a disconnect") {
  FakeApiServer server;
  server.put(std::string(pods), "a", pod("10.0.0.1"));
  ComponentHarness harness(discovery_kubernetes);
  REQUIRE(harness.update(config(server)));
  harness.start();
  REQUIRE(wait_for_addresses(harness, "10.0.0.1:80 "));
  server.bookmark(std::string(pods));  // 102
  server.put("/api/v1/other", "x", "");
  REQUIRE(harness.wait_until([&] {
    server.disconnect();
    harness.clock().advance(1s);
    return server.count("resourceVersion=102&timeout") > 0;
  }));
  server.put(std::string(pods), "b", pod("10.0.0.2"));
  CHECK(wait_for_addresses(harness, "10.0.0.1:80 10.0.0.2:80 "));
  CHECK(server.count("limit=") == 1);
}

TEST_CASE("discovery.kubernetes lists anew when the server has forgotten its version") {
  FakeApiServer server;
  server.put(std::string(pods), "a", pod("10.0.0.1"));
  server.put(std::string(pods), "b", pod("10.0.0.2"));
  ComponentHarness harness(discovery_kubernetes);
  REQUIRE(harness.update(config(server)));
  harness.start();
  REQUIRE(wait_for_addresses(harness, "10.0.0.1:80 10.0.0.2:80 "));
  server.remove(std::string(pods), "a");
  server.forget();
  server.put(std::string(pods), "c", pod("10.0.0.3"));
  CHECK(wait_for_addresses(harness, "10.0.0.2:80 10.0.0.3:80 "));
  CHECK(harness.wait_until([&] { return server.count("limit=") >= 1; }));
}

TEST_CASE("discovery.kubernetes keeps its targets while the server fails, and says so") {
  FakeApiServer server;
  server.put(std::string(pods), "a", pod("10.0.0.1"));
  ComponentHarness harness(discovery_kubernetes);
  REQUIRE(harness.update(config(server)));
  harness.start();
  REQUIRE(wait_for_addresses(harness, "10.0.0.1:80 "));
  server.refuse(503);
  server.disconnect();
  CHECK(harness.wait_until([&] {
    harness.clock().advance(1s);
    return harness.health().message.contains("not now");
  }));
  CHECK(addresses(harness) == "10.0.0.1:80 ");
  server.put(std::string(pods), "b", pod("10.0.0.2"));
  server.refuse(0);
  CHECK(wait_for_addresses(harness, "10.0.0.1:80 10.0.0.2:80 "));
}

TEST_CASE("discovery.kubernetes asks for the selected objects of the named namespaces") {
  FakeApiServer server;
  ComponentHarness harness(discovery_kubernetes);
  REQUIRE(harness.update(config(server, R"x(role = "pod"
namespaces { names = ["one", "two"] }
selectors {
  role = "pod"
  label = "a in (b)"
})x")));
  harness.start();
  CHECK(harness.wait_until([&] {
    harness.clock().advance(1s);
    return server.count("/namespaces/one/pods?limit=") > 0 &&
           server.count("/namespaces/two/pods?limit=") > 0;
  }));
  CHECK(server.count("labelSelector=a+in+%28b%29") == server.requests().size());
}

TEST_CASE("discovery.kubernetes refuses what can't work") {
  ComponentHarness harness(discovery_kubernetes);
  const auto refusal = [&](std::string_view body) {
    return harness.update(body).error().message();
  };
  CHECK(refusal("role = \"pod\"\nkubeconfig_file = \"/none.yaml\"") ==
        "stat /none.yaml: no such file or directory");
  CHECK(refusal("api_server = \"http://x\"\nrole = \"thing\"") ==
        "unknown Kubernetes discovery kind \"thing\"");
}

}  // namespace discovery
}  // namespace alloy
