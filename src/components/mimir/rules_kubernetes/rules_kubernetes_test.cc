#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>

#include <doctest/doctest.h>

#include "component/component_harness.h"
#include "components/shared/kubernetes/fake_api_server.h"

namespace alloy {

extern const ComponentType mimir_rules_kubernetes;

namespace {

constexpr const char* rules_path = "/apis/monitoring.coreos.com/v1/prometheusrules";

// A ruler that keeps what it is given.
class Ruler {
 public:
  Ruler() {
    auto server = net::HttpServer::create(executor_.any(), {}, [this](net::ServerRequest request) {
      return answer(this, std::move(request));
    });
    REQUIRE(server);
    server_ = *std::move(server);
    tasks_.spawn(server_->run(stop_.get_token()));
  }
  ~Ruler() {
    stop_.request_stop();
    executor_.run(tasks_.join());
  }
  std::string url() const { return "http://" + server_->address(); }
  std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  void set_list(std::string list) {
    const std::lock_guard lock(mutex_);
    list_ = std::move(list);
  }
  void refuse(int times) {
    const std::lock_guard lock(mutex_);
    refusals_ = times;
  }

 private:
  static Task<net::ServerResponse> answer(Ruler* self, net::ServerRequest request) {
    const std::string method = request.method;
    const std::string target = request.target;
    const std::lock_guard lock(self->mutex_);
    self->requests_.push_back(method + " " + target);
    net::ServerResponse response;
    if (self->refusals_ > 0) {
      --self->refusals_;
      response.status = 500;
      response.body = "broken";
    } else if (method == "GET") {
      response.body = self->list_;
    }
    co_return response;
  }

  Executor executor_{1};
  mutable std::mutex mutex_;  // Guards everything up to the server.
  std::vector<std::string> requests_;
  std::string list_;
  int refusals_ = 0;
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

std::string spec(std::string_view expression) {
  return fmt::format(
      R"(,"spec":{{"groups":[{{"name":"g","rules":[{{"record":"r","expr":"{}"}}]}}]}})",
      expression);
}

bool has(const Ruler& ruler, std::string_view request) {
  for (const std::string& one : ruler.requests())
    if (one.starts_with(request)) return true;
  return false;
}

}  // namespace

TEST_CASE("mimir.rules.kubernetes adds, tries again, and removes what is its own") {
  kubernetes::FakeApiServer cluster;
  const KubeConfig config(cluster.url());
  Ruler ruler;
  const std::string gone = "alloy%2Fd%2Fold%2F0f0e0d0c-aaaa-4bbb-8ccc-ddddeeee0001";
  ruler.set_list(
      "alloy/d/old/0f0e0d0c-aaaa-4bbb-8ccc-ddddeeee0001:\n- name: o\n  rules: []\n"
      "somebody:\n- name: s\n  rules: []\n");
  ruler.refuse(1);
  cluster.put("/api/v1/namespaces", "d", "");
  cluster.put(rules_path, "new", spec("up"));
  ComponentHarness rules(mimir_rules_kubernetes);
  REQUIRE(rules.update(fmt::format("address = \"{}\"", ruler.url())));
  rules.start();
  const auto wait_for = [&](std::string_view request) {
    return rules.wait_until([&] {
      rules.clock().advance(1s);
      return has(ruler, request);
    });
  };
  CHECK(wait_for("POST /prometheus/config/v1/rules/alloy%2Fd%2Fnew%2Fu-new"));
  CHECK(wait_for("DELETE /prometheus/config/v1/rules/" + gone + "/o"));
  CHECK(rules.wait_until([&] { return rules.health().state == HealthState::healthy; }));
  rules.stop();
  CHECK_FALSE(has(ruler, "DELETE /prometheus/config/v1/rules/somebody"));
  CHECK(rules.metric("mimir_rules_events_failed_total") >= 1);
}

TEST_CASE("mimir.rules.kubernetes needs a cluster to be found") {
  const KubeConfig config("http://127.0.0.1:1");
  ::setenv("KUBECONFIG", "/nowhere/at/all", 1);
  ComponentHarness rules(mimir_rules_kubernetes);
  const auto updated = rules.update("address = \"http://x\"");
  REQUIRE_FALSE(updated);
  CHECK(updated.error().message() ==
        "initializing component failed: failed to get k8s config: invalid configuration: no "
        "configuration has been provided, try setting KUBERNETES_MASTER environment variable");
}

TEST_CASE("mimir.rules.kubernetes refuses matchers that mean nothing") {
  ComponentHarness rules(mimir_rules_kubernetes);
  CHECK(rules
            .update("address = \"http://x\"\nextra_query_matchers {\nmatcher {\nname = \"a\"\n"
                    "match_type = \"=\"\n}\n}")
            .error()
            .message() == "exactly one of 'value' or 'value_from_label' must be provided, got 0");
}

}  // namespace alloy
