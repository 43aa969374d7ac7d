// loki.source.docker as its users see it, with an engine that answers what a test says.
#include <map>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "component/component_harness.h"
#include "components/loki/shared/test_collector.h"
#include "net/http_server.h"
#include "signals/relabel.h"

namespace alloy {

extern const ComponentType loki_source_docker;

namespace loki {
namespace {

using Lines = std::vector<std::string>;

// Knows containers with a terminal; what it has sent of their logs ends there.
class FakeEngine {
 public:
  FakeEngine() {
    auto server = net::HttpServer::create(executor_.any(), {}, [this](net::ServerRequest request) {
      return answer(this, std::move(request));
    });
    REQUIRE(server);
    server_ = *std::move(server);
    tasks_.spawn(server_->run(stop_.get_token()));
  }
  ~FakeEngine() {
    stop_.request_stop();
    executor_.run(tasks_.join());
  }
  void set_logs(const std::string& id, std::string logs) {
    const std::lock_guard lock(mutex_);
    logs_[id] = std::move(logs);
  }
  void remove(const std::string& id) {
    const std::lock_guard lock(mutex_);
    logs_.erase(id);
  }
  std::string url() const { return "http://" + server_->address(); }
  // The `since` of each request for logs.
  Lines sinces() const {
    const std::lock_guard lock(mutex_);
    return sinces_;
  }

 private:
  static Task<net::ServerResponse> answer(FakeEngine* self, net::ServerRequest request) {
    const std::lock_guard lock(self->mutex_);
    if (request.path == "/_ping")
      co_return net::ServerResponse{.headers = {{"Api-Version", "1.44"}}};
    for (const auto& [id, logs] : self->logs_) {
      if (request.path == fmt::format("/v1.44/containers/{}/json", id))
        co_return net::ServerResponse{.body =
                                          R"({"Config":{"Tty":true},"State":{"Running":true}})"};
      if (request.path != fmt::format("/v1.44/containers/{}/logs", id)) continue;
      const size_t begin = request.query.find("since=") + 6;
      self->sinces_.push_back(request.query.substr(begin, request.query.find('&', begin) - begin));
      co_return net::ServerResponse{.body = logs};
    }
    co_return net::ServerResponse{.status = 404, .body = R"({"message":"No such container"})"};
  }

  Executor executor_{1};
  mutable std::mutex mutex_;  // Guards the next two.
  std::map<std::string, std::string> logs_;
  Lines sinces_;
  StopSource stop_;
  TaskGroup tasks_{executor_.any()};
  std::unique_ptr<net::HttpServer> server_;
};

struct Fixture {
  Fixture() {
    docker.services().add(store);
    docker.variables().set("next", encapsulate<LogsReceiver>(collector));
    RelabelRule rule{.source_labels = {"__meta_docker_container_log_stream"},
                     .target_label = "stream"};
    docker.variables().set("rules", encapsulate<const RelabelRules>(
                                        std::make_shared<const RelabelRules>(std::vector{rule})));
  }
  Result<> update(std::string_view targets, std::string_view more = "") {
    return docker.update(
        fmt::format("host = \"{}\"\nforward_to = [next]\nrelabel_rules = rules\ntargets = {}\n{}",
                    engine.url(), targets, more));
  }
  // Lets time pass until there are so many lines.
  bool wait_for(size_t count) {
    return docker.wait_until([&] {
      docker.clock().advance(1s);
      return collector->lines().size() >= count;
    });
  }

  FakeEngine engine;
  SeriesStore store;
  std::shared_ptr<TestCollector> collector = std::make_shared<TestCollector>(store);
  ComponentHarness docker{loki_source_docker};
};

constexpr std::string_view target_a = "[{__meta_docker_container_id = \"a\", job = \"j\"}]";

}  // namespace

TEST_CASE_FIXTURE(Fixture, "logs of a container are handed on with its labels, and only once") {
  engine.set_logs("a", "1970-01-01T00:00:01.25Z one\n1970-01-01T00:00:02Z two\n");
  REQUIRE(update(target_a, "labels = {x = \"y\"}"));
  docker.start();
  REQUIRE(wait_for(2));
  // When they have ended, they are asked for again; some engines only know seconds.
  engine.set_logs("a",
                  "1970-01-01T00:00:01.25Z one\n1970-01-01T00:00:02Z two\n"
                  "1970-01-01T00:00:02Z twin\n1970-01-01T00:00:02.5Z three\n");
  REQUIRE(wait_for(4));
  CHECK(collector->lines() == Lines{"{job=\"j\", stream=\"stdout\", x=\"y\"} one",
                                    "{job=\"j\", stream=\"stdout\", x=\"y\"} two",
                                    "{job=\"j\", stream=\"stdout\", x=\"y\"} twin",
                                    "{job=\"j\", stream=\"stdout\", x=\"y\"} three"});
  CHECK(docker.wait_until([&] {
    docker.clock().advance(5s);
    return engine.sinces().size() >= 3;
  }));
  CHECK(engine.sinces()[0] == "0");
  CHECK(engine.sinces()[1] == "2");
  CHECK(engine.sinces().back() == "2.500000000");
  CHECK(docker.metric("loki_source_docker_target_entries_total") == 4);
}

TEST_CASE_FIXTURE(Fixture, "what receivers refuse is handed on once they take it") {
  engine.set_logs("a", "1970-01-01T00:00:01Z one\n1970-01-01T00:00:02Z two\n");
  collector->refuse(3);
  REQUIRE(update(target_a));
  docker.start();
  REQUIRE(wait_for(2));
  CHECK(collector->lines().size() == 2);
}

TEST_CASE_FIXTURE(Fixture, "other labels of a container do not begin its logs anew") {
  engine.set_logs("a", "1970-01-01T00:00:01Z one\n");
  REQUIRE(update(target_a));
  docker.start();
  REQUIRE(wait_for(1));
  engine.set_logs("a", "1970-01-01T00:00:01Z one\n1970-01-01T00:00:03Z two\n");
  REQUIRE(update("[{__meta_docker_container_id = \"a\", job = \"k\"}]"));
  REQUIRE(wait_for(2));
  CHECK(collector->lines() ==
        Lines{"{job=\"j\", stream=\"stdout\"} one", "{job=\"k\", stream=\"stdout\"} two"});
}

TEST_CASE_FIXTURE(Fixture, "a container that is gone is left alone until the targets change") {
  REQUIRE(update(target_a));
  docker.start();
  engine.set_logs("b", "1970-01-01T00:00:01Z b\n");
  REQUIRE(update("[{__meta_docker_container_id = \"a\"}, {__meta_docker_container_id = \"b\"}]"));
  REQUIRE(wait_for(1));
  engine.set_logs("a", "1970-01-01T00:00:01Z a\n");
  REQUIRE(update("[{__meta_docker_container_id = \"a\"}]"));
  REQUIRE(wait_for(2));
  CHECK(collector->lines() == Lines{"{stream=\"stdout\"} b", "{stream=\"stdout\"} a"});
}

TEST_CASE_FIXTURE(Fixture, "arguments that can't work are refused") {
  CHECK(docker.update("host = \"ftp://x\"\ntargets = []\nforward_to = []").error().message() ==
        "failed to create docker client: unable to parse docker host \"ftp://x\"");
  CHECK(update("[]", "refresh_interval = \"0s\"").error().message() ==
        "refresh_interval must be positive, got \"0s\"");
}

}  // namespace loki
}  // namespace alloy
