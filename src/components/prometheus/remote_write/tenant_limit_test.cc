// Several tenants at one endpoint: one that is limited, old samples, protocol 1.0 after 2.0.
#include <mutex>
#include <set>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "component/component_harness.h"
#include "components/prometheus/remote_write/arguments.h"
#include "components/prometheus/remote_write/endpoint.h"
#include "components/shared/outgoing/test_endpoint.h"
#include "services/identity.h"

namespace alloy {

extern const ComponentType prometheus_remote_write;

namespace prometheus::remote_write {
namespace {

struct Fixture {
  SeriesStore series;
  std::vector<SeriesRef> alive;
  Identity identity{.uid = "installation-1", .version = "v1", .user_agent = "Alloy/v1"};
  ComponentHarness harness{prometheus_remote_write};
  outgoing::TestEndpoint endpoint{harness.executor()};
  std::mutex mutex;
  std::string limited;            // The tenant that is answered 429.
  std::set<std::string> tenants;  // That were answered 204.

  Fixture() {
    harness.services().add<SeriesStore>(series);
    harness.services().add<Identity>(identity);
    endpoint.set_answer([this](const net::ServerRequest& request) {
      const std::string_view tenant = request.headers.get("X-Scope-OrgID");
      const std::lock_guard lock(mutex);
      if (!limited.empty() && tenant == limited) return net::ServerResponse{.status = 429};
      tenants.emplace(tenant);
      return net::ServerResponse{.status = 204};
    });
  }
  void update(const std::string& more) {
    REQUIRE(harness.update(
        fmt::format("endpoint {{\nurl = \"{}\"\n{}\ntenant {{\nlabel = \"team\"\n}}\n}}\n",
                    endpoint.url(), more)));
  }
  void start(const std::string& more = {}) {
    update(more);
    harness.start();
  }
  void limit(std::string tenant) {
    const std::lock_guard lock(mutex);
    limited = std::move(tenant);
  }
  void receive(const std::string& name, const std::string& team, Duration age = 0s) {
    const std::vector<Label> labels = {{"__name__", name}, {"team", team}};
    const SeriesRef one = series.intern(labels);
    const Sample sample{one.get(), to_unix_milliseconds(harness.clock().wall() - age), 1};
    alive.push_back(one);
    REQUIRE(harness.exports<Exports>()->receiver->receive({.samples = {&sample, 1}}));
  }
  bool eventually(const std::function<bool()>& condition) {
    return harness.wait_until([&] {
      if (condition()) return true;
      harness.clock().advance(1s);
      return false;
    });
  }
  // Sends one request of each tenant, as often as needed until the endpoint has had to refuse.
  void receive_until_limited() {
    const size_t before = endpoint.requests();
    receive("noisy_1", "noisy");
    REQUIRE(eventually([&] { return endpoint.requests() > before; }));
  }
};

TEST_CASE("a tenant that the endpoint limits holds up no other, and gets all of it in order") {
  Fixture f;
  f.limit("noisy");
  f.start();
  f.receive_until_limited();
  for (int i = 2; i <= 4; ++i) {
    f.receive(fmt::format("noisy_{}", i), "noisy");
    f.receive(fmt::format("calm_{}", i), "calm");
    REQUIRE(f.eventually([&] { return f.endpoint.count(fmt::format("calm_{}", i)) == 1; }));
  }
  CHECK(f.endpoint.count("noisy") == 0);
  CHECK(f.harness.metric("prometheus_remote_storage_samples_retried_total") >= 1);
  f.limit("");
  REQUIRE(f.eventually([&] { return f.endpoint.count("noisy") == 4; }));
  CHECK(f.endpoint.has_in_order({"noisy_1", "noisy_2", "noisy_3", "noisy_4"}));
  CHECK(f.endpoint.count("calm") == 3);
  // What comes afterwards goes the usual way.
  f.receive("noisy_5", "noisy");
  CHECK(f.eventually([&] { return f.endpoint.count("noisy_5") == 1; }));
  CHECK(f.harness.metric("prometheus_remote_storage_samples_total") == 8);
  CHECK(f.harness.metric("prometheus_remote_storage_samples_failed_total") == 0);
}

TEST_CASE("what waits for a tenant's limit is not lost when the endpoint gets another name") {
  Fixture f;
  f.limit("noisy");
  f.start();
  f.receive_until_limited();
  f.receive("calm_1", "calm");
  REQUIRE(f.eventually([&] { return f.endpoint.count("calm_1") == 1; }));
  f.update("name = \"renamed\"");
  f.limit("");
  f.receive("noisy_2", "noisy");
  CHECK(f.eventually([&] { return f.endpoint.count("noisy_2") == 1; }));
  CHECK(f.endpoint.has_in_order({"noisy_1", "noisy_2"}));
}

TEST_CASE("stopping doesn't wait for a tenant that is limited for long") {
  Fixture f;
  f.endpoint.set_answer([](const net::ServerRequest&) {
    net::ServerResponse response{.status = 429};
    response.headers.set("Retry-After", "86400");
    return response;
  });
  f.start();
  f.receive_until_limited();
  f.harness.stop();  // Would hang.
  CHECK(f.endpoint.count("noisy") == 0);
}

TEST_CASE("the block tenant is experimental") {
  Executor executor{1};
  const Identity identity;
  EndpointArguments arguments{.url = "http://127.0.0.1:1/",
                              .tenant = TenantArguments{.label = "a"}};
  const auto refused = plan_endpoint(arguments, {}, identity, Stability::generally_available,
                                     executor, real_clock());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message().contains("stability.level flag to experimental"));
  CHECK(plan_endpoint(arguments, {}, identity, Stability::experimental, executor, real_clock()));
}

TEST_CASE("what became too old is taken out of the requests of a tenant, which stay its own") {
  Fixture f;
  f.start("queue_config {\nsample_age_limit = \"1h\"\n}");
  f.receive("old_metric", "one", 2h);
  f.receive("new_metric", "one");
  f.receive("very_old_metric", "two", 2h);
  REQUIRE(f.eventually([&] { return f.endpoint.count("new_metric") == 1; }));
  {
    const std::lock_guard lock(f.mutex);
    CHECK(f.tenants == std::set<std::string>{"one"});
  }
  f.receive("another_metric", "two");
  REQUIRE(f.eventually([&] { return f.endpoint.count("another_metric") == 1; }));
  CHECK(f.endpoint.count("old_metric") == 0);
}

TEST_CASE("requests of tenants keep their tenant when the endpoint takes only protocol 1.0") {
  Fixture f;
  f.endpoint.set_answer([&](const net::ServerRequest& request) {
    if (request.headers.get("Content-Type").contains("write.v2"))
      return net::ServerResponse{.status = 415};
    const std::lock_guard lock(f.mutex);
    f.tenants.emplace(request.headers.get("X-Scope-OrgID"));
    return net::ServerResponse{.status = 204};
  });
  f.start("protobuf_message = \"io.prometheus.write.v2.Request\"");
  f.receive("a_metric", "one");
  f.receive("b_metric", "two");
  REQUIRE(f.eventually([&] { return f.endpoint.bodies().size() == 2; }));
  CHECK(f.endpoint.count("a_metric") == 1);
  CHECK(f.endpoint.count("b_metric") == 1);
  CHECK(f.endpoint.headers().at("content-type") == "application/x-protobuf");
  const std::lock_guard lock(f.mutex);
  CHECK(f.tenants == std::set<std::string>{"one", "two"});
}

}  // namespace
}  // namespace prometheus::remote_write
}  // namespace alloy
