#include "components/shared/own_http_server.h"

#include <doctest/doctest.h>

#include "net/http_client.h"

namespace alloy {
namespace {

struct Host final : ComponentHost {
  void set_exports(std::shared_ptr<const void>) override {}
  void set_health(HealthState state, std::string) override { health = state; }
  std::atomic<HealthState> health = HealthState::unknown;
};

struct Fixture {
  Executor executor{2};
  Services services;
  MetricRegistry metrics;
  Host host;
  std::atomic<uint64_t> used = 0;
  MemoryBudget memory{1000, real_clock(), [this] { return used.load(); }};
  std::optional<OwnHttpServer> server;
  std::unique_ptr<net::HttpClient> client = *net::HttpClient::create(executor.any(), {});

  Fixture() {
    services.add<MemoryBudget>(memory);
    server.emplace(Options{.id = "x",
                           .label = "x",
                           .module_path = "",
                           .data_path = "",
                           .logger = {},
                           .metrics = metrics,
                           .executor = executor,
                           .strand = executor.strand(),
                           .clock = real_clock(),
                           .services = services,
                           .stability_min = Stability::experimental,
                           .host = host},
                   "x");
    executor.run(start(this));
  }
  ~Fixture() { executor.run(server->stop()); }

  static Task<> start(Fixture* self) {
    HttpServerArguments arguments;
    arguments.http = HttpListenerArguments{.listen_address = "127.0.0.1", .listen_port = 0};
    CHECK(co_await self->server->update(arguments, [](net::ServerRequest) { return answer(); }));
    self->server->start();
  }
  static Task<net::ServerResponse> answer() { co_return net::text_response(200, "taken"); }
  static Task<> ask(Fixture* self, std::string method, net::Response* response) {
    auto fetched = co_await self->client->fetch(
        {.method = std::move(method), .url = "http://" + self->server->address() + "/"}, {});
    REQUIRE(fetched);
    *response = *std::move(fetched);
  }
  net::Response ask(std::string method) {
    net::Response response;
    executor.run(ask(this, std::move(method), &response));
    return response;
  }
  void use(uint64_t bytes) {
    used = bytes;
    while (memory.used() != bytes) memory.level();
  }
};

TEST_CASE_FIXTURE(Fixture, "pushes are refused while memory is short, and taken again afterwards") {
  CHECK(ask("POST").status == 200);
  use(900);
  const net::Response refused = ask("POST");
  CHECK(refused.status == 503);
  CHECK(refused.headers.get("Retry-After") == "5");
  CHECK(host.health == HealthState::unhealthy);
  CHECK(ask("GET").status == 200);
  use(100);
  CHECK(ask("POST").status == 200);
  CHECK(host.health == HealthState::healthy);
  CHECK(metrics.counter("alloy_requests_shed_total", "", {{"reason", "memory"}}).value() == 1);
}

}  // namespace
}  // namespace alloy
