// For tests of sources that are HTTP servers: one that listens somewhere, and requests to it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "component/component_harness.h"
#include "components/loki/shared/test_collector.h"
#include "net/http_client.h"
#include "net/http_server.h"

namespace alloy::loki {

struct HttpSourceFixture {
  explicit HttpSourceFixture(const ComponentType& type) : source(type) {
    source.services().add<SeriesStore>(store);
    source.variables().set("next", encapsulate<LogsReceiver>(collector));
  }
  // On a port that was free a moment ago; another one if somebody else was quicker.
  void start(const std::string& more = {}) {
    Result<> updated;
    for (int i = 0; i < 20; ++i) {
      port = (*net::HttpServer::create(source.executor().any(), {}, {}))->port();
      updated = source.update(fmt::format(
          "http {{\nlisten_address = \"127.0.0.1\"\nlisten_port = {}\n}}\nforward_to = [next]\n{}",
          port, more));
      if (updated || !updated.error().message().contains("address already in use")) break;
    }
    INFO((updated ? std::string() : updated.error().message()));
    REQUIRE(updated);
    source.start();
  }
  struct Answer {
    int status = 0;
    std::string body;
  };
  Answer post(std::string_view path, std::string_view body, net::Headers headers = {}) {
    const std::shared_ptr<net::HttpClient> client =
        *net::HttpClient::create(source.executor().any(), {});
    Answer answer;
    source.executor().run(fetch(client,
                                {.method = "POST",
                                 .url = fmt::format("http://127.0.0.1:{}{}", port, path),
                                 .headers = std::move(headers),
                                 .body = body},
                                &answer));
    return answer;
  }
  static Task<> fetch(std::shared_ptr<net::HttpClient> client, net::Request request,
                      Answer* answer) {
    const auto response = co_await client->fetch(std::move(request), {});
    *answer = response ? Answer{response->status, response->body} : Answer{-1, ""};
  }

  SeriesStore store;
  std::shared_ptr<TestCollector> collector = std::make_shared<TestCollector>(store);
  ComponentHarness source;
  uint16_t port = 0;
};

}  // namespace alloy::loki
