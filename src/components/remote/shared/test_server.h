// For tests: a server that components of this family poll, and what they export.
#pragma once

#include <doctest/doctest.h>

#include "component/component_harness.h"
#include "net/http_server.h"
#include "values/secret.h"

namespace alloy::remote {

// Has one answer, which the test changes, and remembers what was asked for.
class AnsweringServer {
 public:
  AnsweringServer() {
    auto server = net::HttpServer::create(executor_.any(), {}, [this](net::ServerRequest request) {
      return answer(this, std::move(request));
    });
    REQUIRE(server);
    server_ = *std::move(server);
    tasks_.spawn(server_->run(stop_.get_token()));
  }
  ~AnsweringServer() {
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
  static Task<net::ServerResponse> answer(AnsweringServer* self, net::ServerRequest request) {
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

// The content that a component exports.
inline std::string content_of(const ComponentHarness& harness) {
  const Value exports = harness.exports_value();
  return exports.is_object() ? exports.as_object()->find("content")->secret()->text() : "";
}

}  // namespace alloy::remote
