#include <doctest/doctest.h>

#include "component/component_harness.h"
#include "components/remote/s3/object_client.h"
#include "net/http_server.h"
#include "values/secret.h"

namespace alloy {

extern const ComponentType remote_s3;

namespace {

// A store with one answer, which the test changes.
class Store {
 public:
  Store() {
    auto server = net::HttpServer::create(executor_.any(), {}, [this](net::ServerRequest request) {
      return answer(this, std::move(request));
    });
    REQUIRE(server);
    server_ = *std::move(server);
    tasks_.spawn(server_->run(stop_.get_token()));
  }
  ~Store() {
    stop_.request_stop();
    executor_.run(tasks_.join());
  }
  void set(int status, std::string body) {
    const std::lock_guard lock(mutex_);
    status_ = status;
    body_ = std::move(body);
  }
  std::vector<std::string> targets() const {
    const std::lock_guard lock(mutex_);
    return targets_;
  }
  std::string url() const { return "http://" + server_->address(); }

 private:
  static Task<net::ServerResponse> answer(Store* self, net::ServerRequest request) {
    const std::lock_guard lock(self->mutex_);
    self->targets_.push_back(request.target);
    co_return net::ServerResponse{.status = self->status_, .body = self->body_};
  }

  Executor executor_{1};
  mutable std::mutex mutex_;  // Guards the next three.
  int status_ = 200;
  std::string body_;
  std::vector<std::string> targets_;
  StopSource stop_;
  TaskGroup tasks_{executor_.any()};
  std::unique_ptr<net::HttpServer> server_;
};

std::string content_of(const ComponentHarness& harness) {
  const Value exports = harness.exports_value();
  return exports.is_object() ? exports.as_object()->find("content")->secret()->text() : "";
}

}  // namespace

TEST_CASE("remote.s3 exports an object as it is, and keeps it while the store refuses") {
  Store store;
  store.set(200, " one \n");
  ComponentHarness harness(remote_s3);
  REQUIRE(harness.update(fmt::format(R"(path = "s3://bucket/dir/a+b c"
client {{
  endpoint       = "{}"
  use_path_style = true
  key            = "k"
  secret         = "s"
  region         = "r"
}})",
                                     store.url())));
  CHECK(content_of(harness) == " one \n");
  CHECK(store.targets().front() == "/bucket/dir/a%2Bb%20c?x-id=GetObject");
  harness.start();
  CHECK(harness.wait_until([&] { return harness.clock().sleepers() == 1; }));
  store.set(403, "<Error><Code>AccessDenied</Code><Message>No</Message></Error>");
  harness.clock().advance(10min);
  CHECK(harness.wait_until([&] { return harness.health().state == HealthState::unhealthy; }));
  CHECK(harness.health().message ==
        "operation error S3: GetObject, https response error StatusCode: 403, RequestID: , "
        "AccessDenied: No");
  CHECK(content_of(harness) == " one \n");
  store.set(200, "two");
  CHECK(harness.wait_until([&] { return harness.clock().sleepers() == 1; }));
  harness.clock().advance(10min);
  CHECK(harness.wait_until([&] { return content_of(harness) == "two"; }));
}

TEST_CASE("remote.s3 refuses what names no object") {
  CHECK(remote::s3::parse_object_path("s3://b/k/l")->key == "k/l");
  for (const char* path : {"b/k", "s3://", "s3://b", "s3://b/", "s3:///k"})
    CHECK_FALSE(remote::s3::parse_object_path(path));
}

}  // namespace alloy
