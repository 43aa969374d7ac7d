// For tests: a Kubernetes API server that lists pods (or what else it is given), has logs, streams
// what changes to those who watch, and forgets old versions when told to.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/executor.h"
#include "net/http_server.h"
#include "net/url.h"

namespace alloy::kubernetes {

class FakeApiServer {
 public:
  // Whether lists can be streamed, or only be got page by page.
  enum class Lists : unsigned char { streamed, plain };

  explicit FakeApiServer(Lists lists = Lists::plain) : lists_(lists) {
    net::HttpServerOptions options;
    options.drain_timeout = 10ms;
    auto server = net::HttpServer::create(
        executor_.any(), options,
        [this](net::ServerRequest request) { return answer(this, std::move(request)); });
    REQUIRE(server);
    server_ = *std::move(server);
    tasks_.spawn(server_->run(stop_.get_token()));
  }
  ~FakeApiServer() {
    stop_.request_stop();
    executor_.run(tasks_.join());
  }
  FakeApiServer(const FakeApiServer&) = delete;
  FakeApiServer& operator=(const FakeApiServer&) = delete;

  std::string url() const { return "http://" + server_->address(); }

  // Adds or changes an object below a path ("/api/v1/pods"), and tells those who watch. `rest` is
  // what follows the metadata, beginning with a comma.
  void put(const std::string& path, const std::string& name, const std::string& rest) {
    std::lock_guard lock(mutex_);
    const std::string object = fmt::format(
        R"({{"metadata":{{"name":"{0}",{3}"uid":"u-{0}",)"
        R"("resourceVersion":"{1}"}}{2}}})",
        name, ++version_, rest, path.ends_with("/namespaces") ? "" : R"("namespace":"d",)");
    const bool is_new = objects_[path].insert_or_assign(name, object).second;
    events_.push_back(
        {version_, path,
         fmt::format(R"({{"type":"{}","object":{}}})", is_new ? "ADDED" : "MODIFIED", object)});
  }
  void remove(const std::string& path, const std::string& name) {
    std::lock_guard lock(mutex_);
    ++version_;
    events_.push_back(
        {version_, path,
         fmt::format(R"({{"type":"DELETED","object":{{"metadata":{{"name":"{}","namespace":"d",)"
                     R"("resourceVersion":"{}"}}}}}})",
                     name, version_)});
    objects_[path].erase(name);
  }
  // What a path answers to those who only ask ("/version", a single object).
  void answer_with(const std::string& path, std::string body) {
    std::lock_guard lock(mutex_);
    texts_[path] = std::move(body);
  }
  // Adds a line, "<time> <text>", to the log at a path ("/api/v1/namespaces/d/pods/p/log").
  void add_log_line(const std::string& path, const std::string& line) {
    std::lock_guard lock(mutex_);
    logs_[path].push_back(line + "\n");
  }
  // Only a bookmark: nothing has changed up to here.
  void bookmark(const std::string& path) {
    std::lock_guard lock(mutex_);
    events_.push_back(
        {++version_, path,
         fmt::format(R"({{"type":"BOOKMARK","object":{{"metadata":{{"resourceVersion":"{}"}}}}}})",
                     version_)});
  }
  // Ends all watches; those who want to go on from before now get 410 Gone.
  void forget() {
    std::lock_guard lock(mutex_);
    ++generation_;
    oldest_ = ++version_;
  }
  // Ends all watches, as when a connection breaks.
  void disconnect() {
    std::lock_guard lock(mutex_);
    ++generation_;
  }
  // Everything is refused with this status from now on; 0: nothing.
  void refuse(int status) {
    std::lock_guard lock(mutex_);
    refusal_ = status;
  }
  std::vector<std::string> requests() const {
    std::lock_guard lock(mutex_);
    return requests_;
  }
  size_t count(std::string_view part) const {
    size_t n = 0;
    for (const std::string& request : requests()) n += request.contains(part) ? 1 : 0;
    return n;
  }

 private:
  struct EventLine {
    unsigned version;
    std::string path;
    std::string line;
  };

  static Task<net::ServerResponse> answer(FakeApiServer* self, net::ServerRequest request) {
    std::map<std::string, std::string> query;
    for (auto& [name, value] : net::parse_query(request.query)) query[name] = value;
    std::lock_guard lock(self->mutex_);
    self->requests_.push_back(request.target);
    if (self->refusal_ != 0) co_return status(self->refusal_, "not now");
    if (const auto text = self->texts_.find(request.path); text != self->texts_.end()) {
      net::ServerResponse response;
      response.body = text->second;
      co_return response;
    }
    if (self->logs_.contains(request.path)) {
      net::ServerResponse response;
      response.stream = [self, path = request.path, since = query["sinceTime"],
                         generation = self->generation_,
                         stop = request.stop](std::shared_ptr<net::BodyWriter> writer) {
        return follow_log(self, path, since, generation, stop, std::move(writer));
      };
      co_return response;
    }
    if (query["watch"] != "true") co_return self->list(request.path);
    const bool is_initial = query["sendInitialEvents"] == "true";
    if (is_initial && self->lists_ == Lists::plain)
      co_return status(422, "sendInitialEvents is not supported");
    const auto from = static_cast<unsigned>(std::atoi(query["resourceVersion"].c_str()));
    if (!is_initial && from < self->oldest_) co_return status(410, "too old resource version");
    net::ServerResponse response;
    response.headers.set("Content-Type", "application/json");
    std::string first;
    if (is_initial) {
      for (const auto& [name, object] : self->objects_[request.path])
        first += fmt::format("{{\"type\":\"ADDED\",\"object\":{}}}\n", object);
      first += fmt::format(
          "{{\"type\":\"BOOKMARK\",\"object\":{{\"metadata\":{{\"resourceVersion\":\"{}\","
          "\"annotations\":{{\"k8s.io/initial-events-end\":\"true\"}}}}}}}}\n",
          self->version_);
    }
    response.stream = [self, path = request.path, first, seen = is_initial ? self->version_ : from,
                       generation = self->generation_,
                       stop = request.stop](std::shared_ptr<net::BodyWriter> writer) {
      return watch(self, path, first, seen, generation, stop, std::move(writer));
    };
    co_return response;
  }

  static net::ServerResponse status(int code, std::string_view message) {
    net::ServerResponse response{.status = code, .headers = {}, .body = {}};
    response.headers.set("Content-Type", "application/json");
    response.body = fmt::format(R"({{"kind":"Status","message":"{}","code":{}}})", message, code);
    return response;
  }

  net::ServerResponse list(const std::string& path) {
    std::string items;
    for (const auto& [name, object] : objects_[path]) items += (items.empty() ? "" : ",") + object;
    net::ServerResponse response;
    response.headers.set("Content-Type", "application/json");
    response.body =
        fmt::format(R"({{"metadata":{{"resourceVersion":"{}"}},"items":[{}]}})", version_, items);
    return response;
  }

  static Task<Result<void>> watch(FakeApiServer* self, std::string path, std::string first,
                                  unsigned seen, unsigned generation, StopToken stop,
                                  std::shared_ptr<net::BodyWriter> writer) {
    if (!first.empty()) CO_TRY(co_await writer->write(first));
    while (!stop.stop_requested() && !self->stop_.stop_requested()) {
      std::string lines;
      {
        std::lock_guard lock(self->mutex_);
        if (self->generation_ != generation) break;
        for (const EventLine& event : self->events_) {
          if (event.version <= seen || event.path != path) continue;
          seen = event.version;
          lines += event.line + "\n";
        }
      }
      if (!lines.empty()) CO_TRY(co_await writer->write(lines));
      co_await sleep_for(5ms, stop);
    }
    co_return Result<void>();
  }

  // The lines that are not older than a second, until it is told to disconnect.
  static Task<Result<void>> follow_log(FakeApiServer* self, std::string path, std::string since,
                                       unsigned generation, StopToken stop,
                                       std::shared_ptr<net::BodyWriter> writer) {
    size_t next = 0;
    while (!stop.stop_requested() && !self->stop_.stop_requested()) {
      std::string text;
      {
        std::lock_guard lock(self->mutex_);
        const auto& lines = self->logs_[path];
        for (; next < lines.size(); ++next)
          if (since.empty() || lines[next].substr(0, 19) >= since.substr(0, 19))
            text += lines[next];
        if (text.empty() && self->generation_ != generation) break;
      }
      if (!text.empty()) CO_TRY(co_await writer->write(text));
      co_await sleep_for(5ms, stop);
    }
    co_return Result<void>();
  }

  Lists lists_;
  Executor executor_{1};
  mutable std::mutex mutex_;  // Guards everything up to the server.
  std::map<std::string, std::map<std::string, std::string>> objects_;
  std::map<std::string, std::string> texts_;
  std::map<std::string, std::vector<std::string>> logs_;
  std::vector<EventLine> events_;
  std::vector<std::string> requests_;
  unsigned version_ = 100;
  unsigned oldest_ = 0;
  unsigned generation_ = 0;
  int refusal_ = 0;
  StopSource stop_;
  TaskGroup tasks_{executor_.any()};
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace alloy::kubernetes
