// An endpoint for tests of writers: takes requests packed with snappy and remembers what was in
// them.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <snappy.h>

#include "base/executor.h"
#include "net/http_server.h"

namespace alloy::outgoing {

class TestEndpoint {
 public:
  // Decides how a request is answered; by default 204.
  using Answer = std::function<net::ServerResponse(const net::ServerRequest&)>;

  explicit TestEndpoint(Executor& executor) : executor_(executor), tasks_(executor.any()) {
    auto server = net::HttpServer::create(executor.any(), {}, [this](net::ServerRequest request) {
      return take(this, std::move(request));
    });
    server_ = *std::move(server);
    tasks_.spawn(server_->run(stop_.get_token()));
  }
  ~TestEndpoint() {
    stop_.request_stop();
    executor_.run(tasks_.join());
  }

  std::string url() const { return "http://" + server_->address() + "/api/v1/write"; }

  void set_answer(Answer answer) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(answer);
  }
  void set_status(int status) {
    set_answer(
        [status](const net::ServerRequest&) { return net::ServerResponse{.status = status}; });
  }

  // The unpacked bodies that were answered with success.
  std::vector<std::string> bodies() const {
    const std::lock_guard lock(mutex_);
    return bodies_;
  }
  size_t requests() const { return requests_; }
  // Headers of the last request, names in lower case.
  std::map<std::string, std::string> headers() const {
    const std::lock_guard lock(mutex_);
    return headers_;
  }
  // Waits (in real time) until this holds.
  bool wait_until(const std::function<bool()>& condition) const {
    for (int i = 0; i < 1000; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
  // Whether these texts have come, in this order.
  bool has_in_order(const std::vector<std::string>& texts) const {
    std::string all;
    for (const std::string& body : bodies()) all += body;
    size_t place = 0;
    for (const std::string& text : texts) {
      place = all.find(text, place);
      if (place == std::string::npos) return false;
      place += text.size();
    }
    return true;
  }
  size_t count(const std::string& text) const {
    size_t found = 0;
    for (const std::string& body : bodies()) {
      for (size_t at = body.find(text); at != std::string::npos; at = body.find(text, at + 1)) {
        ++found;
      }
    }
    return found;
  }

 private:
  static Task<net::ServerResponse> take(TestEndpoint* self, net::ServerRequest request) {
    ++self->requests_;
    const auto body = co_await request.body->read_all(16 << 20);
    if (!body) co_return net::text_response(400, body.error().message());
    std::string unpacked;
    if (!snappy::Uncompress(body->data(), body->size(), &unpacked)) {
      co_return net::text_response(400, "not snappy");
    }
    const std::lock_guard lock(self->mutex_);
    self->headers_.clear();
    for (const net::Header& header : request.headers) {
      std::string name = header.name;
      for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      self->headers_[name] = header.value;
    }
    net::ServerResponse response{.status = 204};
    if (self->answer_) response = self->answer_(request);
    if (response.status / 100 == 2) self->bodies_.push_back(std::move(unpacked));
    co_return response;
  }

  Executor& executor_;
  TaskGroup tasks_;
  StopSource stop_;
  std::unique_ptr<net::HttpServer> server_;
  std::atomic<size_t> requests_ = 0;
  mutable std::mutex mutex_;  // Guards everything below.
  Answer answer_;
  std::vector<std::string> bodies_;
  std::map<std::string, std::string> headers_;
};

}  // namespace alloy::outgoing
