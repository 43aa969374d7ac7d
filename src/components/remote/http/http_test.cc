#include <doctest/doctest.h>

#include "components/remote/shared/test_server.h"

namespace alloy {

extern const ComponentType remote_http;

TEST_CASE("remote.http exports the trimmed answer, polls, and keeps it while the server fails") {
  remote::AnsweringServer server;
  server.set(200, " one \n");
  ComponentHarness harness(remote_http);
  REQUIRE(harness.update(fmt::format("url = \"{}\"", server.url())));
  CHECK(remote::content_of(harness) == "one");
  CHECK(harness.health().message == "polled endpoint");
  harness.start();
  const auto poll = [&] {
    CHECK(harness.wait_until([&] { return harness.clock().sleepers() == 1; }));
    harness.clock().advance(1min);
  };
  server.set(503, "down");
  poll();
  CHECK(harness.wait_until([&] { return harness.health().state == HealthState::unhealthy; }));
  CHECK(harness.health().message ==
        "polling failed: performing request: unexpected status code 503 Service Unavailable");
  CHECK(remote::content_of(harness) == "one");
  server.set(200, "two");
  poll();
  CHECK(harness.wait_until([&] { return remote::content_of(harness) == "two"; }));
  CHECK(harness.health().state == HealthState::healthy);
}

TEST_CASE("remote.http refuses settings that can't work") {
  ComponentHarness harness(remote_http);
  CHECK(harness.update("url = \"http://x\"\npoll_frequency = \"0s\"").error().message() ==
        "poll_frequency must be greater than 0");
  CHECK(harness.update("url = \"http://x\"\npoll_frequency = \"1s\"\npoll_timeout = \"2s\"")
            .error()
            .message() == "poll_timeout must be less than poll_frequency");
  CHECK(harness.update("url = \":bad\"").error().message() ==
        "parse \":bad\": missing protocol scheme");
}

}  // namespace alloy
