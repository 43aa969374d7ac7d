// For tests: a Mimir that remembers what it is asked, and the way to a fake API server.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>

#include <doctest/doctest.h>

#include "components/shared/kubernetes/fake_api_server.h"

namespace alloy::mimir {

// A Mimir that keeps what it is given.
class Mimir {
 public:
  Mimir() {
    auto server = net::HttpServer::create(executor_.any(), {}, [this](net::ServerRequest request) {
      return answer(this, std::move(request));
    });
    REQUIRE(server);
    server_ = *std::move(server);
    tasks_.spawn(server_->run(stop_.get_token()));
  }
  ~Mimir() {
    stop_.request_stop();
    executor_.run(tasks_.join());
  }
  std::string url() const { return "http://" + server_->address(); }
  // Whether there was a request whose method and target begin so.
  bool was_asked(std::string_view request) const {
    const std::lock_guard lock(mutex_);
    for (const std::string& one : requests_)
      if (one.starts_with(request)) return true;
    return false;
  }
  std::string last_body() const {
    const std::lock_guard lock(mutex_);
    return last_body_;
  }
  void set_list(std::string list) {
    const std::lock_guard lock(mutex_);
    list_ = std::move(list);
  }
  void refuse(int times, int status = 500) {
    const std::lock_guard lock(mutex_);
    refusals_ = times;
    refusal_status_ = status;
  }

 private:
  static Task<net::ServerResponse> answer(Mimir* self, net::ServerRequest request) {
    const std::string method = request.method;
    const std::string target = request.target;
    std::string body;
    if (auto read = co_await request.body->read_all(1 << 20)) body = *std::move(read);
    const std::lock_guard lock(self->mutex_);
    self->requests_.push_back(method + " " + target);
    net::ServerResponse response;
    if (self->refusals_ > 0) {
      --self->refusals_;
      response.status = self->refusal_status_;
      response.body = "broken";
    } else if (method == "POST") {
      self->last_body_ = std::move(body);
    } else if (method == "GET") {
      response.body = self->list_;
    }
    co_return response;
  }

  Executor executor_{1};
  mutable std::mutex mutex_;  // Guards everything up to the server.
  std::vector<std::string> requests_;
  std::string list_;
  std::string last_body_;
  int refusals_ = 0;
  int refusal_status_ = 500;
  StopSource stop_;
  TaskGroup tasks_{executor_.any()};
  std::unique_ptr<net::HttpServer> server_;
};

// A kubeconfig that leads to the fake API server, for as long as it lives.
class KubeConfig {
 public:
  explicit KubeConfig(const std::string& url)
      : path_(std::filesystem::temp_directory_path() /
              fmt::format("kubeconfig-{}", reinterpret_cast<uintptr_t>(this))) {
    std::ofstream(path_) << "current-context: c\nclusters:\n- name: k\n  cluster:\n    server: "
                         << url << "\ncontexts:\n- name: c\n  context:\n    cluster: k\n";
    ::setenv("KUBECONFIG", path_.c_str(), 1);
  }
  ~KubeConfig() {
    ::unsetenv("KUBECONFIG");
    std::filesystem::remove(path_);
  }
  KubeConfig(const KubeConfig&) = delete;
  KubeConfig& operator=(const KubeConfig&) = delete;

 private:
  std::filesystem::path path_;
};

}  // namespace alloy::mimir
