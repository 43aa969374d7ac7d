// loki.source.api as its users see it.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <snappy.h>

#include "component/component_harness.h"
#include "components/loki/shared/test_collector.h"
#include "net/http_client.h"
#include "net/http_server.h"

namespace alloy {

extern const ComponentType loki_source_api;

namespace loki {
namespace {

struct Fixture {
  SeriesStore store;
  std::shared_ptr<TestCollector> collector = std::make_shared<TestCollector>(store);
  ComponentHarness api{loki_source_api};
  uint16_t port = 0;

  Fixture() {
    api.services().add<SeriesStore>(store);
    api.variables().set("next", encapsulate<LogsReceiver>(collector));
  }
  // On a port that was free a moment ago; another one if somebody else was quicker.
  void start(const std::string& more = {}) {
    Result<> updated;
    for (int i = 0; i < 20; ++i) {
      port = (*net::HttpServer::create(api.executor().any(), {}, {}))->port();
      updated = api.update(fmt::format(
          "http {{\nlisten_address = \"127.0.0.1\"\nlisten_port = {}\n}}\nforward_to = [next]\n{}",
          port, more));
      if (updated || !updated.error().message().contains("address already in use")) break;
    }
    INFO((updated ? std::string() : updated.error().message()));
    REQUIRE(updated);
    api.start();
  }
  // The status of the answer.
  int post(std::string_view path, std::string_view body, net::Headers headers = {}) {
    const std::shared_ptr<net::HttpClient> client =
        *net::HttpClient::create(api.executor().any(), {});
    int status = 0;
    api.executor().run(fetch(client,
                             {.method = "POST",
                              .url = fmt::format("http://127.0.0.1:{}{}", port, path),
                              .headers = std::move(headers),
                              .body = body},
                             &status));
    return status;
  }
  static Task<> fetch(std::shared_ptr<net::HttpClient> client, net::Request request, int* status) {
    const auto response = co_await client->fetch(std::move(request), {});
    *status = response ? response->status : -1;
  }
  int push(std::string_view json, net::Headers headers = {}) {
    headers.set("Content-Type", "application/json");
    return post("/loki/api/v1/push", json, std::move(headers));
  }
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a push request in JSON is passed on, with labels and tenant") {
  start("labels = {src = \"api\"}");
  CHECK(push(R"({"streams": [{"stream": {"a": "1", "__b": "2"}, "values": [["1", "x"]]}]})",
             {{"X-Scope-OrgID", "t1"}}) == 204);
  CHECK(collector->lines() == Lines{R"({__tenant_id__="t1", a="1", src="api"} x)"});
  CHECK(api.metric("loki_source_api_entries_written") == 1);
}

TEST_CASE_FIXTURE(Fixture, "a push request in protobuf is passed on") {
  start();
  const std::string message("\x0a\x15\x0a\x07{a=\"1\"}\x12\x0a\x0a\x04\x08\x01\x10\x02\x12\x02hi",
                            23);
  std::string packed;
  snappy::Compress(message.data(), message.size(), &packed);
  const net::Headers headers = {{"Content-Type", "application/x-protobuf"}};
  CHECK(post("/api/v1/push", packed, headers) == 204);
  CHECK(collector->lines() == Lines{R"({a="1"} hi)"});
  CHECK(post("/api/v1/push", "nothing", headers) == 400);
}

TEST_CASE_FIXTURE(Fixture, "lines are passed on with the configured labels") {
  start("labels = {job = \"raw\"}");
  CHECK(post("/loki/api/v1/raw", "one\r\n\ntwo") == 204);
  CHECK(collector->lines() == Lines{R"({job="raw"} one)", R"({job="raw"} two)"});
}

TEST_CASE_FIXTURE(Fixture, "a stream whose labels can't be read does not spoil the others") {
  start();
  CHECK(push(R"({"streams": [{"stream": {"bad-name": "1"}, "values": [["1", "x"]]},
                             {"stream": {"a": "1"}, "values": [["1", "y"]]}]})") == 400);
  CHECK(collector->lines() == Lines{R"({a="1"} y)"});
}

TEST_CASE_FIXTURE(Fixture, "a client waits as long as the receivers are full") {
  start();
  collector->refuse(1);
  int status = 0;
  std::thread client(
      [&] { status = push(R"({"streams": [{"stream": {"a": "1"}, "values": [["1", "x"]]}]})"); });
  CHECK(api.wait_until([&] {
    api.clock().advance(10ms);
    return !collector->lines().empty();
  }));
  client.join();
  CHECK(status == 204);
}

TEST_CASE_FIXTURE(Fixture, "what is larger than allowed is refused") {
  start("max_send_message_size = \"10B\"");
  CHECK(push(R"({"streams": [{"stream": {"a": "1"}, "values": [["1", "x"]]}]})") == 400);
  CHECK(collector->lines().empty());
}

}  // namespace loki
}  // namespace alloy
