// For the tests of discoveries: an HTTP server whose answers the test sets, and what it needs to
// look at the targets.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "component/component_harness.h"
#include "net/http_server.h"
#include "signals/targets.h"

namespace alloy::discovery {

class FakeServer {
 public:
  FakeServer() {
    auto server = net::HttpServer::create(executor_.any(), {}, [this](net::ServerRequest request) {
      return answer(this, std::move(request));
    });
    REQUIRE(server);
    server_ = *std::move(server);
    tasks_.spawn(server_->run(stop_.get_token()));
  }
  ~FakeServer() {
    stop_.request_stop();
    executor_.run(tasks_.join());
  }
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  // What a path answers from now on; several answers in turn, of which the last stays.
  void set(const std::string& path, std::string body, int status = 200, net::Headers headers = {}) {
    std::lock_guard lock(mutex_);
    answers_[path] = {Answer{status, std::move(body), std::move(headers)}};
  }
  void then(const std::string& path, std::string body, int status = 200) {
    std::lock_guard lock(mutex_);
    answers_[path].push_back({status, std::move(body), {}});
  }
  std::string address() const { return server_->address(); }
  std::string url(std::string_view path = "") const {
    return "http://" + address() + std::string(path);
  }
  // "GET /path?query" of each request so far; with one header's value if asked for.
  std::vector<std::string> requests(std::string_view header = {}) const {
    std::lock_guard lock(mutex_);
    std::vector<std::string> lines;
    for (const auto& [line, headers] : requests_)
      lines.push_back(header.empty() ? line : line + " " + std::string(headers.get(header)));
    return lines;
  }
  bool was_asked(std::string_view line) const {
    for (const std::string& request : requests())
      if (request == line) return true;
    return false;
  }

 private:
  struct Answer {
    int status = 200;
    std::string body;
    net::Headers headers;
  };

  static Task<net::ServerResponse> answer(FakeServer* self, net::ServerRequest request) {
    std::lock_guard lock(self->mutex_);
    const std::string path(request.path);
    const std::string query(request.query);
    self->requests_.emplace_back(
        std::string(request.method) + " " + path + (query.empty() ? "" : "?" + query),
        request.headers);
    const auto found = self->answers_.find(path);
    if (found == self->answers_.end()) co_return net::ServerResponse{.status = 404, .body = "none"};
    auto& queue = found->second;
    const Answer answer = queue.front();
    if (queue.size() > 1) queue.erase(queue.begin());
    net::ServerResponse response{.status = answer.status, .headers = {}, .body = answer.body};
    for (const net::Header& header : answer.headers)
      response.headers.set(header.name, header.value);
    if (!response.headers.contains("Content-Type"))
      response.headers.set("Content-Type", "application/json");
    co_return response;
  }

  Executor executor_{1};
  mutable std::mutex mutex_;  // Guards the next two.
  std::map<std::string, std::vector<Answer>> answers_;
  std::vector<std::pair<std::string, net::Headers>> requests_;
  StopSource stop_;
  TaskGroup tasks_{executor_.any()};
  std::unique_ptr<net::HttpServer> server_;
};

// The exported targets, each on a line, sorted.
inline std::string targets_of(const ComponentHarness& harness) {
  const Value exports = harness.exports_value();
  if (!exports.is_object()) return "no exports";
  const auto targets = to_targets(*exports.as_object()->find("targets"));
  if (!targets) return "no targets";
  std::vector<std::string> lines;
  for (const Target& target : (*targets)->targets()) lines.push_back(target.describe() + "\n");
  std::ranges::sort(lines);
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

// Moves the clock until the component has nothing left to wait for and exports these targets.
inline bool wait_for_targets(ComponentHarness& harness, const std::string& expected) {
  return harness.wait_until([&] {
    if (targets_of(harness) == expected) return true;
    harness.clock().advance(std::chrono::milliseconds(500));
    return false;
  });
}

}  // namespace alloy::discovery
