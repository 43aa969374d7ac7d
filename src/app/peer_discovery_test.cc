#include "app/peer_discovery.h"

#include <doctest/doctest.h>

namespace alloy::app {
namespace {

std::string problem(std::string_view text) {
  const auto parsed = parse_peer_discovery(text);
  return parsed ? "" : parsed.error().message();
}

TEST_CASE("keys and values may be quoted") {
  const auto parsed =
      parse_peer_discovery(R"( provider=k8s label_selector="app=\"x\" y" "a b" = c )");
  REQUIRE(parsed);
  CHECK(*parsed == PeerDiscoveryArguments{
                       {"provider", "k8s"}, {"label_selector", "app=\"x\" y"}, {"a b", "c"}});
}

TEST_CASE("what can't be read as keys and values names the key") {
  CHECK(problem("provider") == "provider: missing '='");
  CHECK(problem("provider=") == "provider: missing value");
  CHECK(problem("a=b a=c") == "a: duplicate key");
  CHECK(problem("a=\"b") == "a: unbalanced quotes");
  CHECK(problem("") == "");
}

TEST_CASE("providers that need an account are refused, unknown ones reported later") {
  CHECK(check_peer_discovery("provider=aws region=x").error().message() ==
        "--cluster.discover-peers: provider aws is not supported");
  CHECK(check_peer_discovery("provider=k8s").has_value());
  CHECK(check_peer_discovery("provider=nobody").has_value());
}

TEST_CASE("an unknown provider, or none, says so when nodes are looked for") {
  Executor executor;
  const auto look = [&](const char* text) {
    struct Run {
      static Task<> run(Executor& on, std::string what, std::string& out) {
        const auto found = co_await peer_discovery(on, std::move(what))();
        out = found ? "" : found.error().message();
      }
    };
    std::string out;
    executor.run(Run::run(executor, text, out));
    return out;
  };
  CHECK(look("provider=nobody") == "discovering peers: discover: unknown provider nobody");
  CHECK(look("a=b") == "discovering peers: discover: no provider");
  CHECK(look("provider=srv") == "discovering peers: discover-srv: service or domain is required");
}

constexpr std::string_view pods = R"({"items": [
  {"metadata": {"name": "plain"},
   "status": {"phase": "Running", "podIP": "10.0.0.1", "hostIP": "192.168.0.1",
              "conditions": [{"type": "Ready", "status": "True"}]}},
  {"metadata": {"annotations": {"consul.hashicorp.com/auto-join-port": "http"}},
   "spec": {"containers": [{"ports": [{"name": "http", "containerPort": 80, "hostPort": 8080}]}]},
   "status": {"phase": "Running", "podIP": "10.0.0.2", "hostIP": "192.168.0.2"}},
  {"metadata": {"annotations": {"consul.hashicorp.com/auto-join-port": "99"}},
   "status": {"phase": "Running", "podIP": "fd00::1"}},
  {"metadata": {"annotations": {"consul.hashicorp.com/auto-join-port": "nothing"}},
   "status": {"phase": "Running", "podIP": "10.0.0.3"}},
  {"status": {"phase": "Pending", "podIP": "10.0.0.4"}},
  {"status": {"phase": "Running", "podIP": "10.0.0.5",
              "conditions": [{"type": "Ready", "status": "False"}]}},
  {"status": {"phase": "Running"}}]})";

TEST_CASE("pods that run and are ready are joined, at their annotated port") {
  const auto found = pod_addresses(pods, false);
  REQUIRE(found);
  CHECK(*found == std::vector<std::string>{"10.0.0.1", "10.0.0.2:80", "[fd00::1]:99"});
  const auto hosts = pod_addresses(pods, true);
  REQUIRE(hosts);
  CHECK(*hosts == std::vector<std::string>{"192.168.0.1", "192.168.0.2:8080"});
  CHECK_FALSE(pod_addresses("{", false).has_value());
}

}  // namespace
}  // namespace alloy::app
