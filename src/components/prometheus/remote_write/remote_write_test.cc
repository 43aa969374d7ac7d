#include <mutex>
#include <set>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "component/component_harness.h"
#include "components/prometheus/remote_write/arguments.h"
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
  outgoing::TestEndpoint one{harness.executor()};
  outgoing::TestEndpoint two{harness.executor()};

  Fixture() {
    harness.services().add<SeriesStore>(series);
    harness.services().add<Identity>(identity);
  }

  static std::string endpoint(const std::string& url, const std::string& more = {}) {
    return fmt::format("endpoint {{\nurl = \"{}\"\n{}\n}}\n", url, more);
  }
  void update(const std::string& body) {
    const auto updated = harness.update(body);
    INFO((updated ? std::string() : updated.error().message()));
    REQUIRE(updated);
  }
  // A sample of this name, with an extra label if given.
  void receive(const std::string& name, const std::string& zone = {}) {
    std::vector<Label> labels = {{"__name__", name}};
    if (!zone.empty()) labels.push_back({"zone", zone});
    const SeriesRef one_series = series.intern(labels);
    const Sample sample{one_series.get(), 1'900'000'000'000, 1};
    alive.push_back(one_series);
    REQUIRE(receiver()->receive({.samples = {&sample, 1}}));
  }
  MetricsReceiverPointer receiver() { return harness.exports<Exports>()->receiver; }
  // Lets time pass until it holds.
  bool eventually(const std::function<bool()>& condition) {
    return harness.wait_until([&] {
      if (condition()) return true;
      harness.clock().advance(1s);
      return false;
    });
  }
};

TEST_CASE("series are sent to the tenants that their label names") {
  Fixture f;
  f.update(Fixture::endpoint(f.one.url(), "tenant {\nlabel = \"zone\"\nheader = \"X-Tenant\"\n}"));
  std::mutex mutex;
  std::set<std::string> tenants;
  f.one.set_answer([&](const net::ServerRequest& request) {
    const std::lock_guard lock(mutex);
    tenants.emplace(request.headers.get("X-Tenant"));
    return net::ServerResponse{.status = 204};
  });
  f.harness.start();
  f.receive("one_metric", "eu");
  f.receive("two_metric", "us");
  REQUIRE(f.eventually([&] { return f.one.bodies().size() == 2; }));
  const std::lock_guard lock(mutex);
  CHECK(tenants == std::set<std::string>{"eu", "us"});
  CHECK(f.one.count("zone") == 0);
}

TEST_CASE("the names of a tenant's label, of its header and of the default are checked") {
  Fixture f;
  const auto endpoint = [&](const std::string& tenant) {
    return Fixture::endpoint(f.one.url(), "tenant {\n" + tenant + "\n}");
  };
  CHECK(f.harness.update(endpoint("label = \"a\"")));
  for (const std::string wrong :
       {"label = \"\"", "label = \"a\"\ndefault = \"b|c\"", "label = \"a\"\nheader = \"b c\""}) {
    CHECK_FALSE(f.harness.update(endpoint(wrong)));
  }
}

TEST_CASE("a sample is sent with external labels that it lacks, and the protocol's headers") {
  Fixture f;
  f.update("external_labels = { zone = \"eu\", team = \"x\" }\n" +
           Fixture::endpoint(f.one.url(), "headers = { \"X-Scope-OrgID\" = \"tenant\" }"));
  f.harness.start();
  f.receive("plain_metric");
  f.receive("zoned_metric", "own");
  REQUIRE(f.eventually([&] { return f.one.count("zoned_metric") == 1; }));
  CHECK(f.one.count("own") == 1);
  CHECK(f.one.count("eu") == 1);
  CHECK(f.one.count("team") == 2);
  const auto headers = f.one.headers();
  CHECK(headers.at("content-encoding") == "snappy");
  CHECK(headers.at("content-type") == "application/x-protobuf");
  CHECK(headers.at("x-prometheus-remote-write-version") == "0.1.0");
  CHECK(headers.at("user-agent") == "Alloy/v1");
  CHECK(headers.at("x-alloy-id") == "installation-1");
  CHECK(headers.at("x-scope-orgid") == "tenant");
  CHECK(f.harness.metric("prometheus_remote_write_wal_samples_appended_total") == 2);
  CHECK(f.harness.metric("prometheus_remote_write_wal_storage_active_series") == 2);
}

TEST_CASE("write_relabel_config drops and changes series of its endpoint only") {
  Fixture f;
  f.update(Fixture::endpoint(f.one.url(), R"(
             write_relabel_config {
               source_labels = ["__name__"]
               regex = "noise.*"
               action = "drop"
             }
             write_relabel_config {
               target_label = "added_label"
               replacement = "v"
             })") +
           Fixture::endpoint(f.two.url()));
  f.harness.start();
  f.receive("noise_metric");
  f.receive("wanted_metric");
  REQUIRE(f.eventually(
      [&] { return f.one.count("wanted_metric") == 1 && f.two.count("wanted_metric") == 1; }));
  CHECK(f.one.count("added_label") == 1);
  CHECK(f.one.count("noise_metric") == 0);
  CHECK(f.two.count("noise_metric") == 1);
}

TEST_CASE("an endpoint that is down holds nobody else up, and gets everything afterwards") {
  Fixture f;
  f.one.set_status(503);
  f.update(Fixture::endpoint(f.one.url()) + Fixture::endpoint(f.two.url()));
  f.harness.start();
  for (int i = 0; i < 5; ++i) {
    f.receive(fmt::format("metric_{}", i));
    REQUIRE(f.eventually([&] { return f.two.count(fmt::format("metric_{}", i)) == 1; }));
  }
  f.one.set_status(204);
  REQUIRE(f.eventually([&] { return f.one.count("metric_") == 5; }));
  CHECK(f.one.has_in_order({"metric_0", "metric_1", "metric_2", "metric_3", "metric_4"}));
}

TEST_CASE("an endpoint that moves to another URL takes its unsent samples along") {
  Fixture f;
  f.one.set_status(503);
  f.update(Fixture::endpoint(f.one.url()));
  f.harness.start();
  f.receive("before_metric");
  REQUIRE(f.eventually([&] { return f.one.requests() > 0; }));
  f.update(Fixture::endpoint(f.two.url()));
  f.receive("after_metric");
  REQUIRE(f.eventually([&] { return f.two.count("after_metric") == 1; }));
  CHECK(f.two.has_in_order({"before_metric", "after_metric"}));
  CHECK(f.two.count("before_metric") == 1);
}

TEST_CASE("a new password is used at once, also for what is being retried") {
  Fixture f;
  f.one.set_answer([](const net::ServerRequest& request) {
    // "u:new"
    const bool knows = request.headers.get("Authorization") == "Basic dTpuZXc=";
    return net::ServerResponse{.status = knows ? 204 : 503};
  });
  const auto arguments = [&](const std::string& password) {
    return Fixture::endpoint(
        f.one.url(),
        fmt::format("basic_auth {{\nusername = \"u\"\npassword = \"{}\"\n}}", password));
  };
  f.update(arguments("old"));
  f.harness.start();
  f.receive("secret_metric");
  REQUIRE(f.eventually([&] { return f.one.requests() > 0; }));
  f.update(arguments("new"));
  REQUIRE(f.eventually([&] { return f.one.count("secret_metric") == 1; }));
}

TEST_CASE("changed external labels apply to what comes afterwards; what waits goes first") {
  Fixture f;
  f.one.set_status(503);
  f.update("external_labels = { v = \"old_value\" }\n" + Fixture::endpoint(f.one.url()));
  f.harness.start();
  f.receive("first_metric");
  f.update("external_labels = { v = \"new_value\" }\n" + Fixture::endpoint(f.one.url()));
  f.receive("second_metric");
  f.one.set_status(204);
  REQUIRE(f.eventually([&] { return f.one.count("second_metric") == 1; }));
  CHECK(f.one.has_in_order({"first_metric", "old_value", "second_metric", "new_value"}));
}

TEST_CASE("an endpoint that leaves a shared queue for its own settings loses nothing") {
  Fixture f;
  f.one.set_status(503);
  f.two.set_status(503);
  f.update(Fixture::endpoint(f.one.url()) + Fixture::endpoint(f.two.url()));
  f.harness.start();
  f.receive("shared_metric");
  f.update(Fixture::endpoint(f.one.url()) +
           Fixture::endpoint(f.two.url(), "send_exemplars = false"));
  f.receive("apart_metric");
  f.one.set_status(204);
  f.two.set_status(204);
  for (outgoing::TestEndpoint* endpoint : {&f.one, &f.two}) {
    REQUIRE(f.eventually([&] { return endpoint->count("apart_metric") == 1; }));
    CHECK(endpoint->has_in_order({"shared_metric", "apart_metric"}));
    CHECK(endpoint->count("shared_metric") == 1);
  }
}

TEST_CASE("stopping sends what is there without waiting for the batch to fill") {
  Fixture f;
  f.update(Fixture::endpoint(f.one.url()));
  f.harness.start();
  f.receive("last_metric");
  f.harness.stop();
  CHECK(f.one.count("last_metric") == 1);
}

TEST_CASE("stopping does not wait for an endpoint that fails") {
  Fixture f;
  f.one.set_status(503);
  f.update(Fixture::endpoint(f.one.url()));
  f.harness.start();
  f.receive("last_metric");
  const auto begin = std::chrono::steady_clock::now();
  f.harness.stop();
  CHECK(std::chrono::steady_clock::now() - begin < 3s);
}

TEST_CASE("what can't be honoured or makes no sense is refused") {
  const auto error_of = [](const std::string& more) {
    Fixture f;
    const auto updated = f.harness.update(Fixture::endpoint("http://x/", more));
    return updated ? std::string() : updated.error().message();
  };
  const auto says = [&](const std::string& more, const std::string& text) {
    const std::string error = error_of(more);
    INFO(error);
    CHECK(error.find(text) != std::string::npos);
  };
  says("sigv4 {\n region = \"r\"\n access_key = \"a\"\n}",
       "must provide a AWS SigV4 Access key and Secret");
  says("azuread { }", "must provide an Azure Managed Identity");
  says("protobuf_message = \"nonsense\"", "invalid protobuf_message \"nonsense\"");
  says("sigv4 { }\nbearer_token = \"t\"", "at most one of sigv4, azuread, google_iam");
  says("bearer_token = \"t\"\nbasic_auth { }", "at most one of basic_auth, authorization");
}

}  // namespace
}  // namespace prometheus::remote_write
}  // namespace alloy
