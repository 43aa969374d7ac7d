// prometheus.scrape as its users see it, with targets inside this process.
#include <atomic>

#include <doctest/doctest.h>

#include "component/component_harness.h"
#include "components/prometheus/scrape/arguments.h"
#include "services/component_http.h"
#include "signals/metrics_receiver.h"
#include "signals/targets.h"

namespace alloy {

extern const ComponentType prometheus_scrape;

namespace {

// The one server there is.
struct FakeHttp final : ComponentHttp {
  std::string address = "memory:1";
  std::mutex mutex;
  std::string body = "m 1\n";
  int status = 200;
  std::string last_query;
  std::atomic<int> requests = 0;

  const std::string& memory_address() const override { return address; }
  std::string path_of(std::string_view id) const override { return "/" + std::string(id); }
  Registration serve(std::string, net::Handler) override { return {}; }
  Task<net::ServerResponse> call(net::ServerRequest request) override {
    ++requests;
    const std::lock_guard lock(mutex);
    last_query = request.query;
    net::ServerResponse response{.status = status};
    response.headers.set("Content-Type", "text/plain");
    response.body = body;
    co_return response;
  }
  void set(int new_status, std::string new_body) {
    const std::lock_guard lock(mutex);
    status = new_status;
    body = std::move(new_body);
  }
};

struct Collector final : MetricsReceiver {
  explicit Collector(SeriesStore& series_store) : store(series_store) {}
  Result<void> receive(const MetricBatch& batch) override {
    const std::lock_guard lock(mutex);
    ++batches;
    for (const Sample& sample : batch.samples) {
      const std::string name(store.label(*sample.series, "__name__"));
      values[name] = sample.value;
      times[name] = sample.timestamp_ms;
    }
    return {};
  }
  double value(const std::string& name) {
    const std::lock_guard lock(mutex);
    return values.contains(name) ? values[name] : -1;
  }

  SeriesStore& store;
  std::mutex mutex;
  int batches = 0;
  std::map<std::string, double> values;
  std::map<std::string, int64_t> times;
};

struct Fixture {
  SeriesStore store;
  FakeHttp http;
  std::shared_ptr<Collector> collector = std::make_shared<Collector>(store);
  ComponentHarness scrape{prometheus_scrape};

  Fixture() {
    scrape.services().add<SeriesStore>(store);
    scrape.services().add<ComponentHttp>(http);
    scrape.variables().set("receiver", encapsulate<MetricsReceiver>(collector));
  }

  Result<> update(std::string_view targets, std::string_view more = "") {
    return scrape.update(fmt::format(
        "targets = {}\nforward_to = [receiver]\nscrape_interval = \"10s\"\n{}", targets, more));
  }
  // Lets the clock run until another batch has come.
  bool next_batch() {
    int before = 0;
    {
      const std::lock_guard lock(collector->mutex);
      before = collector->batches;
    }
    return scrape.wait_until([&] {
      scrape.clock().advance(1s);
      const std::lock_guard lock(collector->mutex);
      return collector->batches > before;
    });
  }
};

constexpr std::string_view one_target = R"([{"__address__" = "memory:1"}])";

}  // namespace

TEST_CASE_FIXTURE(Fixture, "prometheus.scrape passes on samples and says how the scrape went") {
  REQUIRE(update(one_target, "extra_metrics = true\nparams = {\"a\" = [\"1\"]}").has_value());
  scrape.start();
  REQUIRE(next_batch());
  CHECK(collector->value("m") == 1);
  CHECK(collector->value("up") == 1);
  CHECK(collector->value("scrape_samples_scraped") == 1);
  CHECK(collector->value("scrape_timeout_seconds") == 10);
  CHECK(collector->value("scrape_body_size_bytes") == 4);
  CHECK(http.last_query == "a=1");
  CHECK(scrape.metric("prometheus_scrape_targets_gauge") == 1);
}

TEST_CASE_FIXTURE(Fixture, "prometheus.scrape spaces samples exactly by the interval") {
  REQUIRE(update(one_target).has_value());
  scrape.start();
  REQUIRE(next_batch());
  // The clock of the test does not wait for a scrape to begin: one may be late, not all of them.
  bool is_exact = false;
  for (int i = 0; i < 20 && !is_exact; ++i) {
    const int64_t before = collector->times["m"];
    REQUIRE(next_batch());
    is_exact = collector->times["m"] - before == 10'000;
  }
  CHECK(is_exact);
}

TEST_CASE_FIXTURE(Fixture, "prometheus.scrape marks series stale when a target fails") {
  REQUIRE(update(one_target).has_value());
  scrape.start();
  REQUIRE(next_batch());
  http.set(503, "m 1\n");
  REQUIRE(next_batch());
  CHECK(is_stale_marker(collector->value("m")));
  CHECK(collector->value("up") == 0);
  http.set(200, "m 5\n");
  REQUIRE(next_batch());
  CHECK(collector->value("m") == 5);
  CHECK(collector->value("scrape_series_added") == 0);
}

TEST_CASE_FIXTURE(Fixture, "prometheus.scrape fails all targets when there are too many") {
  REQUIRE(update(R"([{"__address__" = "memory:1"}, {"__address__" = "memory:1", "x" = "1"}])",
                 "target_limit = 1")
              .has_value());
  scrape.start();
  REQUIRE(next_batch());
  CHECK(collector->value("up") == 0);
  CHECK(http.requests == 0);
}

TEST_CASE_FIXTURE(Fixture, "prometheus.scrape marks the series of a target that is gone") {
  REQUIRE(update(one_target).has_value());
  scrape.start();
  REQUIRE(next_batch());
  REQUIRE(update("[]").has_value());
  REQUIRE(next_batch());
  CHECK(is_stale_marker(collector->value("m")));
  CHECK(is_stale_marker(collector->value("up")));
}

TEST_CASE_FIXTURE(Fixture, "prometheus.scrape writes no markers when it is stopped") {
  REQUIRE(update(one_target).has_value());
  scrape.start();
  REQUIRE(next_batch());
  scrape.stop();
  CHECK(collector->value("m") == 1);
}

TEST_CASE_FIXTURE(Fixture,
                  "prometheus.scrape goes on with the series of a target whose path changes") {
  REQUIRE(update(one_target).has_value());
  scrape.start();
  REQUIRE(next_batch());
  http.set(200, "n 2\n");
  REQUIRE(update(one_target, "metrics_path = \"/other\"").has_value());
  REQUIRE(next_batch());
  CHECK(is_stale_marker(collector->value("m")));
  CHECK(collector->value("n") == 2);
}

TEST_CASE_FIXTURE(Fixture, "prometheus.scrape refuses what can't work") {
  const auto error = [this](std::string_view more) {
    const auto result = update(one_target, more);
    return result ? std::string() : result.error().message();
  };
  CHECK(error("scrape_timeout = \"11s\"")
            .contains("scrape_timeout (11s) greater than scrape_interval (10s)"));
  CHECK(error("scrape_protocols = [\"x\"]").contains("unknown scrape protocol x, supported: ["));
  CHECK(error("scrape_failure_log_file = \"/nonexistent/x\"").contains("no such file"));
}

TEST_CASE("prometheus.scrape keeps experimental arguments behind the level of stability") {
  prometheus::scrape::Arguments arguments;
  CHECK(arguments.check_stability(Stability::generally_available).has_value());
  arguments.honor_metadata = true;
  CHECK(arguments.check_stability(Stability::experimental).has_value());
  CHECK(arguments.check_stability(Stability::generally_available).error().message() ==
        "honor_metadata is an experimental feature, and must be enabled by setting the "
        "stability.level flag to experimental");
}

}  // namespace alloy
