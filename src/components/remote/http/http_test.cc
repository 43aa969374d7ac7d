#include <doctest/doctest.h>

#include "component/component_harness.h"
#include "net/http_server.h"
#include "values/secret.h"

namespace alloy {

extern const ComponentType remote_http;

namespace {

// A server whose answer the test changes.
class Server {
 public:
  Server() {
    auto server = net::HttpServer::create(executor_.any(), {}, [this](net::ServerRequest request) {
      return answer(this, std::move(request));
    });
    REQUIRE(server);
    server_ = *std::move(server);
    tasks_.spawn(server_->run(stop_.get_token()));
  }
  ~Server() {
    stop_.request_stop();
    executor_.run(tasks_.join());
  }
  void set(int status, std::string body) {
    std::lock_guard lock(mutex_);
    status_ = status;
    body_ = std::move(body);
  }
  std::string url() const { return "http://" + server_->address() + "/x"; }

 private:
  static Task<net::ServerResponse> answer(Server* self, net::ServerRequest) {
    std::lock_guard lock(self->mutex_);
    co_return net::ServerResponse{.status = self->status_, .body = self->body_};
  }

  Executor executor_{1};
  std::mutex mutex_;  // Guards the next two.
  int status_ = 200;
  std::string body_;
  StopSource stop_;
  TaskGroup tasks_{executor_.any()};
  std::unique_ptr<net::HttpServer> server_;
};

std::string content_of(const ComponentHarness& harness) {
  const Value exports = harness.exports_value();
  return exports.is_object() ? exports.as_object()->find("content")->secret()->text() : "";
}

}  // namespace

TEST_CASE("remote.http exports the trimmed answer, polls, and keeps it while the server fails") {
  Server server;
  server.set(200, " one \n");
  ComponentHarness harness(remote_http);
  REQUIRE(harness.update(fmt::format("url = \"{}\"", server.url())));
  CHECK(content_of(harness) == "one");
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
  CHECK(content_of(harness) == "one");
  server.set(200, "two");
  poll();
  CHECK(harness.wait_until([&] { return content_of(harness) == "two"; }));
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
