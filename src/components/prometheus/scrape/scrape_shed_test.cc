// Scrapes that are left out because there is no memory or no time for them.
#include <atomic>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "component/component_harness.h"
#include "components/prometheus/scrape/arguments.h"
#include "services/component_http.h"
#include "services/scrape_gate.h"
#include "signals/metrics_receiver.h"

namespace alloy {

extern const ComponentType prometheus_scrape;

namespace {

// Serves as many series as it is told to.
struct Target final : ComponentHttp {
  std::string address = "memory:1";
  std::atomic<int> series = 1000;
  std::atomic<int> requests = 0;

  const std::string& memory_address() const override { return address; }
  std::string path_of(std::string_view id) const override { return "/" + std::string(id); }
  Registration serve(std::string, net::Handler) override { return {}; }
  Task<net::ServerResponse> call(net::ServerRequest) override {
    ++requests;
    net::ServerResponse response;
    response.headers.set("Content-Type", "text/plain");
    for (int i = 0; i < series; ++i) response.body += fmt::format("m{{n=\"{}\"}} 1\n", i);
    co_return response;
  }
};

struct Collector final : MetricsReceiver {
  Result<void> receive(const MetricBatch& batch) override {
    last_size = batch.samples.size();
    ++batches;
    return {};
  }
  std::atomic<size_t> last_size = 0;
  std::atomic<int> batches = 0;
};

struct Fixture {
  SeriesStore store;
  Target target;
  std::shared_ptr<Collector> collector = std::make_shared<Collector>();
  ComponentHarness scrape{prometheus_scrape};
  std::atomic<uint64_t> used = 0;
  MemoryBudget memory{1'000'000'000, scrape.clock(), [this] { return used.load(); }};
  ScrapeGate gate{scrape.clock(), memory, 1};

  Fixture() {
    scrape.services().add<SeriesStore>(store);
    scrape.services().add<ComponentHttp>(target);
    scrape.services().add<MemoryBudget>(memory);
    scrape.services().add<ScrapeGate>(gate);
    scrape.variables().set("receiver", encapsulate<MetricsReceiver>(collector));
    REQUIRE(
        scrape.update("targets = [{\"__address__\" = \"memory:1\"}]\n"
                      "forward_to = [receiver]\nscrape_interval = \"10s\""));
    scrape.start();
  }
  ~Fixture() { scrape.stop(); }
  bool eventually(const std::function<bool()>& condition) {
    return scrape.wait_until([&] {
      if (condition()) return true;
      scrape.clock().advance(1s);
      return false;
    });
  }
  // The target's loop waits for the next scrape.
  void settle() {
    REQUIRE(scrape.wait_until([&] { return scrape.clock().sleepers() == 1; }));
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a scrape that memory is short for is left out as a whole") {
  // The buffer for the body is large enough already.
  target.series = 3000;
  REQUIRE(eventually([&] { return collector->last_size == 3005; }));
  settle();
  target.series = 1000;
  REQUIRE(eventually([&] { return collector->last_size == 1005; }));
  settle();
  target.series = 3000;
  used = 1'000'000'000;
  const int batches = collector->batches;
  REQUIRE(eventually([&] { return scrape.health().state == HealthState::unhealthy; }));
  CHECK(scrape.health().message == "scrapes are left out: memory is short");
  CHECK(collector->batches == batches);
  CHECK(store.size() < 100);
  used = 0;
  REQUIRE(eventually([&] { return collector->batches > batches; }));
  CHECK(collector->last_size == 3005);
  CHECK(eventually([&] { return scrape.health().state == HealthState::healthy; }));
}

TEST_CASE_FIXTURE(Fixture, "a target that needs no more memory is scraped all the same") {
  REQUIRE(eventually([&] { return collector->batches > 0; }));
  settle();
  used = 950'000'000;
  const int batches = collector->batches;
  CHECK(eventually([&] { return collector->batches > batches + 2; }));
  CHECK(collector->last_size == 1005);
}

TEST_CASE_FIXTURE(Fixture, "a body that there is no room for is not read") {
  REQUIRE(eventually([&] { return collector->batches > 0; }));
  settle();
  const size_t known = store.size();
  target.series = 30'000;
  used = 979'999'000;
  const int batches = collector->batches;
  REQUIRE(eventually([&] { return scrape.health().state == HealthState::unhealthy; }));
  CHECK(collector->batches == batches);
  CHECK(store.size() == known);
}

}  // namespace alloy
