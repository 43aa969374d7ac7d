#include "components/discovery/shared/fake_server.h"

namespace alloy {

extern const ComponentType discovery_http;

namespace discovery {

TEST_CASE("discovery.http exports the groups that the server lists, and follows changes") {
  FakeServer server;
  server.set("/sd", R"([{"targets":["a:1","b:2"],"labels":{"team":"t"}},{"targets":["c:3"]}])");
  ComponentHarness harness(discovery_http);
  const std::string url = server.url("/sd?dc=1");
  REQUIRE(harness.update(fmt::format("url = \"{}\"", url)));
  harness.start();
  CHECK(wait_for_targets(harness,
                         fmt::format("{{__address__=\"a:1\", __meta_url=\"{0}\", team=\"t\"}}\n"
                                     "{{__address__=\"b:2\", __meta_url=\"{0}\", team=\"t\"}}\n"
                                     "{{__address__=\"c:3\", __meta_url=\"{0}\"}}\n",
                                     url)));
  CHECK(server.requests("X-Prometheus-Refresh-Interval-Seconds")[0] == "GET /sd?dc=1 60");
  CHECK(server.requests("Accept")[0] == "GET /sd?dc=1 application/json");
  server.set("/sd", R"([{"targets":["c:3"]}])");
  CHECK(
      wait_for_targets(harness, fmt::format("{{__address__=\"c:3\", __meta_url=\"{}\"}}\n", url)));
}

TEST_CASE("discovery.http keeps its targets while the server fails, and says so") {
  FakeServer server;
  server.set("/", R"([{"targets":["a:1"]}])");
  ComponentHarness harness(discovery_http);
  REQUIRE(harness.update(fmt::format("url = \"{}\"", server.url("/"))));
  harness.start();
  const std::string expected =
      fmt::format("{{__address__=\"a:1\", __meta_url=\"{}\"}}\n", server.url("/"));
  REQUIRE(wait_for_targets(harness, expected));
  const auto fails_with = [&](std::string_view message) {
    return harness.wait_until([&] {
      harness.clock().advance(1min);
      return harness.health().message.contains(message);
    });
  };
  server.set("/", "no", 500);
  CHECK(fails_with("server returned HTTP status 500 Internal Server Error"));
  server.set("/", "[]", 200, {{"Content-Type", "text/plain"}});
  CHECK(fails_with("unsupported content type \"text/plain\""));
  server.set("/", "[null]", 200, {{"Content-Type", "application/json; charset=UTF-8"}});
  CHECK(fails_with("nil target group item found"));
  CHECK(targets_of(harness) == expected);
  CHECK(harness.metric("prometheus_sd_http_failures_total") >= 3);
  server.set("/", "[]");
  CHECK(wait_for_targets(harness, ""));
  CHECK(fails_with("found targets"));
}

TEST_CASE("discovery.http keeps its targets over a reload until the new server has answered") {
  FakeServer server;
  server.set("/", R"([{"targets":["a:1"]}])");
  ComponentHarness harness(discovery_http);
  REQUIRE(harness.update(fmt::format("url = \"{}\"", server.url("/"))));
  harness.start();
  REQUIRE(wait_for_targets(
      harness, fmt::format("{{__address__=\"a:1\", __meta_url=\"{}\"}}\n", server.url("/"))));
  REQUIRE(harness.update(fmt::format("url = \"{}\"", server.url("/other"))));
  CHECK(harness.wait_until([&] { return server.was_asked("GET /other"); }));
  CHECK(targets_of(harness).contains("a:1"));
  server.set("/other", R"([{"targets":["b:1"]}])");
  CHECK(wait_for_targets(
      harness, fmt::format("{{__address__=\"b:1\", __meta_url=\"{}\"}}\n", server.url("/other"))));
}

TEST_CASE("discovery.http refuses what can't work") {
  ComponentHarness harness(discovery_http);
  CHECK(harness.update("url = \"http://x\"\nrefresh_interval = \"0s\"").error().message() ==
        "refresh_interval must be greater than 0");
}

}  // namespace discovery
}  // namespace alloy
