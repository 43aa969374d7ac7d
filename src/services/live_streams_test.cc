#include "services/live_streams.h"

#include <doctest/doctest.h>

#include "base/executor.h"

namespace alloy {
namespace {

struct OneComponent final : ComponentDirectory {
  ComponentInfo info = {.name = "loki.process",
                        .local_id = "loki.process.a",
                        .label = "a",
                        .supports_live_debugging = true};

  Result<std::vector<ComponentInfo>> list_components(std::string_view module_id) const override {
    if (!module_id.empty()) return fail("module not found", ErrorKind::not_found);
    return std::vector<ComponentInfo>{info};
  }
  std::optional<ComponentInfo> find_component(std::string_view id) const override {
    return id == "loki.process.a" ? std::optional(info) : std::nullopt;
  }
  bool has_component(std::string_view id) const override { return id == "loki.process.a"; }
};

// Takes chunks until told that the peer has gone.
struct Taker final : net::BodyWriter {
  std::string text;
  std::function<void()> after_write;
  bool is_gone = false;

  Task<Result<void>> write(std::string chunk) override {
    if (is_gone) co_return fail("broken pipe");
    text += chunk;
    if (after_write) after_write();
    co_return Result<void>();
  }
  void set_trailers(net::Headers) override {}
};

struct Fixture {
  Executor executor{1};
  LiveDebugging debugging;
  OneComponent components;
  HttpRouter router;
  StopSource stop;
  StopSource closing;

  Fixture() {
    LiveStreams{debugging, [this] { return &components; }, [this] { return &components; },
                closing.get_token()}
        .add_routes(router, "/");
  }
  static Task<> ask(const HttpRouter* router, net::ServerRequest request,
                    net::ServerResponse* into) {
    *into = co_await router->handle(std::move(request));
  }
  net::ServerResponse get(std::string path, std::string query = "") {
    net::ServerResponse response;
    executor.run(ask(&router,
                     {.path = std::move(path), .query = std::move(query), .stop = stop.get_token()},
                     &response));
    return response;
  }
  static Task<> drain(net::ServerResponse* response, std::shared_ptr<Taker> taker) {
    (void)co_await response->stream(taker);
  }
};

}  // namespace

TEST_CASE("records cannot be read while live debugging is disabled") {
  Fixture f;
  CHECK(f.get("/debug/loki.process.a").body ==
        "the live debugging service is disabled. Check the documentation to find out how to enable "
        "it\n");
  f.debugging.set_enabled(true);
  CHECK(f.get("/debug/no.such").body == "component not found\n");
  CHECK(f.get("/debug/loki.process.a", "sampleProb=2").status == 400);
  f.components.info.supports_live_debugging = false;
  CHECK(f.get("/debug/loki.process.a").body ==
        "the component \"loki.process\" does not support live debugging\n");
}

TEST_CASE("a component is watched only as long as a stream is open") {
  Fixture f;
  f.debugging.set_enabled(true);
  const auto channel = f.debugging.channel("loki.process.a");
  CHECK_FALSE(channel->is_watched());
  {
    auto response = f.get("/debug/loki.process.a");
    CHECK(channel->is_watched());
    channel->publish({.count = 1, .records = {"a line"}});
    auto taker = std::make_shared<Taker>();
    taker->after_write = [&] { f.stop.request_stop(); };
    f.executor.run(Fixture::drain(&response, taker));
    CHECK(taker->text == "a line|;|");
  }
  CHECK_FALSE(channel->is_watched());
}

TEST_CASE("a reader that has gone ends the stream") {
  Fixture f;
  f.debugging.set_enabled(true);
  auto response = f.get("/debug/loki.process.a");
  f.debugging.channel("loki.process.a")->publish({.records = {"x"}});
  auto taker = std::make_shared<Taker>();
  taker->is_gone = true;
  f.executor.run(Fixture::drain(&response, taker));
  CHECK(taker->text.empty());
}

TEST_CASE("a server that is about to end does not wait for its streams") {
  Fixture f;
  f.debugging.set_enabled(true);
  for (const char* path : {"/debug/loki.process.a", "/graph"}) {
    auto response = f.get(path);
    f.closing.request_stop();
    f.executor.run(Fixture::drain(&response, std::make_shared<Taker>()));
  }
  CHECK_FALSE(f.debugging.channel("loki.process.a")->is_watched());
}

TEST_CASE("the graph's stream counts what flows in each window, enabled or not") {
  Fixture f;
  CHECK(f.get("/graph", "window=0").status == 400);
  CHECK(f.get("/graph/no.module").body == "module not found\n");
  auto response = f.get("/graph", "window=1");
  const auto channel = f.debugging.channel("loki.process.a");
  channel->publish({.type = LiveDataType::loki_log, .count = 2});
  channel->publish({.type = LiveDataType::loki_log, .count = 1, .targets = {"loki.write.b"}});
  auto taker = std::make_shared<Taker>();
  taker->after_write = [&] { f.stop.request_stop(); };
  f.executor.run(Fixture::drain(&response, taker));
  CHECK(taker->text == R"([{"componentID":"loki.process.a","targetComponentIDs":["loki.write.b"],)"
                       R"("type":"loki_log","rate":3}]|;|)");
}

}  // namespace alloy
