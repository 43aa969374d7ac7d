// From batches through the queue on disk to an endpoint.
#include "components/prometheus/remote_write/outbox.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "components/prometheus/remote_write/endpoint_observer.h"
#include "components/shared/outgoing/sender.h"
#include "components/shared/outgoing/test_endpoint.h"
#include "queue/memory_file_system.h"

namespace alloy::prometheus::remote_write {
namespace {

EndpointReadings no_readings() {
  const auto counts = [] { return queue::Counts{}; };
  const auto number = [] { return 0.0; };
  return {counts, counts, counts, number, number, number, number, number, number, number, number};
}

// An outbox, its log and a sender to one endpoint, which can be stopped and started again.
struct Fixture {
  Executor executor{2};
  outgoing::TestEndpoint endpoint{executor};
  queue::MemoryFileSystem files;
  SeriesStore store;
  MetricRegistry registry;
  std::shared_ptr<EndpointMetrics> metrics =
      std::make_shared<EndpointMetrics>(registry, "e", "u", no_readings());
  EncodingSettings settings{.samples_max = 3, .batch_deadline = 20ms};
  std::shared_ptr<queue::Log> log;
  std::shared_ptr<Outbox> outbox;
  std::shared_ptr<outgoing::Sender> sender;
  EndpointPlan plan;
  std::shared_ptr<outgoing::Destination> destination;
  TaskGroup tasks{executor.any()};
  StopSource stop;

  Fixture() {
    open();
    (void)log->reader("e");
  }
  ~Fixture() { close(); }

  void open() {
    log = *queue::Log::open({.folder = "q", .files = &files});
    queue::recover_open_batches(*log, files, {}, finish_open_request);
    outbox = std::make_shared<Outbox>(
        Outbox::Options{.log = log, .store = store, .clock = real_clock(), .files = &files},
        settings);
    sender = std::make_shared<outgoing::Sender>(
        outgoing::Sender::Options{.clock = real_clock(), .executor = executor.any()}, "e");
    sender->set_queues({log});
    configure();
  }
  std::shared_ptr<outgoing::Destination> make_destination() {
    auto made = std::make_shared<outgoing::Destination>();
    made->client = *net::HttpClient::create(executor.any(), {});
    made->url = endpoint.url();
    made->headers = {{"Content-Encoding", "snappy"}};
    made->timeout = 2s;
    made->backoff_min = 5ms;
    made->backoff_max = 20ms;
    plan.destination = made;
    made->observer = std::make_shared<EndpointObserver>(metrics, plan, real_clock(), Logger());
    return made;
  }
  void configure() {
    if (!destination) destination = make_destination();
    sender->set_destination(destination);
  }
  void start() {
    tasks.spawn(Outbox::run(outbox, stop.get_token()));
    tasks.spawn(outgoing::Sender::run(sender, stop.get_token()));
  }
  void close() {
    stop.request_stop();
    executor.run(tasks.join());
    stop = {};
  }
  // What kill -9 does to the objects: nothing is finished.
  void die() {
    close();
    sender.reset();
    outbox.reset();
    log.reset();
  }

  void receive(const std::string& name, int64_t timestamp_ms = 1'700'000'000'000) {
    const std::vector<Label> labels = {{"__name__", name}};
    const SeriesRef series = store.intern(labels);
    const Sample sample{series.get(), timestamp_ms, 1};
    outbox->receive({.samples = {&sample, 1}});
  }
  double metric(const std::string& name, const std::string& reason = {}) {
    MetricFamilies families;
    registry.collect(families);
    for (const MetricSample& sample : families[name].samples) {
      if (reason.empty()) return sample.value;
      for (const auto& [label, value] : sample.labels) {
        if (label == "reason" && value == reason) return sample.value;
      }
    }
    return -1;
  }
  bool drained() {
    return endpoint.wait_until([this] { return sender->records_pending() == 0; });
  }
};

TEST_CASE("samples are sent when a batch is full or due") {
  Fixture f;
  f.start();
  for (const char* name : {"a_1", "a_2", "a_3", "a_4"}) f.receive(name);
  CHECK(
      f.endpoint.wait_until([&] { return f.endpoint.has_in_order({"a_1", "a_2", "a_3", "a_4"}); }));
  CHECK(f.endpoint.bodies().size() == 2);
  CHECK(f.drained());
  CHECK(f.metric("prometheus_remote_storage_samples_total") == 4);
  CHECK(f.metric("prometheus_remote_storage_bytes_total") > 0);
}

TEST_CASE("a failure that may pass is tried again until it has passed, in order") {
  Fixture f;
  int status = 503;
  SUBCASE("a server error") {}
  SUBCASE("too many requests") { status = 429; }
  f.endpoint.set_status(status);
  f.start();
  for (int i = 0; i < 9; ++i) f.receive(fmt::format("m_{}", i));
  CHECK(f.endpoint.wait_until([&] { return f.endpoint.requests() >= 4; }));
  CHECK(f.endpoint.headers().contains("retry-attempt"));
  f.endpoint.set_status(204);
  CHECK(f.drained());
  CHECK(f.endpoint.has_in_order({"m_0", "m_1", "m_2", "m_3", "m_4", "m_5", "m_6", "m_7", "m_8"}));
  CHECK(f.endpoint.count("m_") == 9);
  CHECK(f.metric("prometheus_remote_storage_samples_retried_total") >= 3);
  CHECK(f.metric("prometheus_remote_storage_samples_failed_total") == 0);
}

TEST_CASE("what the endpoint refuses is dropped and counted, the next batch goes on") {
  Fixture f;
  f.endpoint.set_answer([count = 0](const net::ServerRequest&) mutable {
    return net::ServerResponse{.status = count++ == 0 ? 400 : 204};
  });
  f.start();
  for (int i = 0; i < 6; ++i) f.receive(fmt::format("m_{}", i));
  CHECK(f.drained());
  CHECK(f.endpoint.count("m_") == 3);
  CHECK(f.metric("prometheus_remote_storage_samples_failed_total") == 3);
}

TEST_CASE("429 is refusal when the configuration says so") {
  Fixture f;
  f.endpoint.set_status(429);
  f.destination->retry_on_429 = false;
  f.start();
  f.receive("only_one");
  CHECK(f.endpoint.wait_until([&] { return f.endpoint.requests() == 1; }));
  CHECK(f.drained());
  CHECK(f.metric("prometheus_remote_storage_samples_failed_total") == 1);
}

TEST_CASE("Retry-After holds the next attempt back") {
  Fixture f;
  f.endpoint.set_answer([count = 0](const net::ServerRequest&) mutable {
    net::ServerResponse response{.status = count++ == 0 ? 429 : 204};
    response.headers.add("Retry-After", "1");
    return response;
  });
  f.start();
  const auto begin = std::chrono::steady_clock::now();
  f.receive("only_one");
  CHECK(f.endpoint.wait_until([&] { return f.endpoint.count("only_one") == 1; }));
  CHECK(std::chrono::steady_clock::now() - begin >= 1s);
}

TEST_CASE("a new destination takes effect while an old one is being retried") {
  Fixture f;
  f.destination->backoff_min = f.destination->backoff_max = 1h;
  f.endpoint.set_answer([](const net::ServerRequest& request) {
    const bool knows = request.headers.get("X-Password") == "new";
    return net::ServerResponse{.status = knows ? 204 : 500};
  });
  f.start();
  f.receive("only_one");
  CHECK(f.endpoint.wait_until([&] { return f.endpoint.requests() >= 1; }));
  f.destination = f.make_destination();
  f.destination->headers.set("X-Password", "new");
  f.configure();
  CHECK(f.drained());
  CHECK(f.endpoint.count("only_one") == 1);
}

TEST_CASE("what was not sent when the process died is sent by the next one, once") {
  Fixture f;
  f.endpoint.set_status(503);
  f.start();
  // Full batches, and one that is still open.
  for (int i = 0; i < 10; ++i) f.receive(fmt::format("m_{}", i));
  f.die();
  f.open();
  f.endpoint.set_status(204);
  f.start();
  CHECK(f.drained());
  CHECK(f.endpoint.has_in_order(
      {"m_0", "m_1", "m_2", "m_3", "m_4", "m_5", "m_6", "m_7", "m_8", "m_9"}));
  CHECK(f.endpoint.count("m_") == 10);
}

TEST_CASE("samples that grew too old are taken out before sending") {
  Fixture f;
  f.endpoint.set_status(503);
  f.plan.queue.sample_age_limit = 1h;
  f.destination = f.make_destination();
  f.configure();
  f.start();
  const int64_t now = to_unix_milliseconds(real_clock().wall());
  f.receive("old", now - 2 * 3'600'000);
  f.receive("young", now);
  f.receive("ancient", 1000);
  f.endpoint.set_status(204);
  CHECK(f.drained());
  CHECK(f.endpoint.count("young") == 1);
  CHECK(f.endpoint.count("old") + f.endpoint.count("ancient") == 0);
  CHECK(f.metric("prometheus_remote_storage_samples_dropped_total", "too_old") == 2);
}

TEST_CASE("with several lanes every series stays in order and requests overlap") {
  Fixture f;
  f.outbox->set_lanes(4);
  f.start();
  std::vector<SeriesRef> series;
  for (int i = 0; i < 20; ++i) {
    const std::string name = fmt::format("series_{:02}_", i);
    const std::vector<Label> labels = {{"__name__", name}};
    series.push_back(f.store.intern(labels));
  }
  for (int round = 0; round < 30; ++round) {
    std::vector<Sample> samples;
    for (const SeriesRef& one : series) samples.push_back({one.get(), 1000 + round, 1.0 * round});
    f.outbox->receive({.samples = samples});
    if (round == 15) f.outbox->set_lanes(1);
  }
  f.outbox->seal();
  CHECK(f.drained());
  CHECK(f.endpoint.count("series_") == 600);
  // Each value of one series comes after the one before.
  std::string all;
  for (const std::string& body : f.endpoint.bodies()) all += body;
  for (int i = 0; i < 20; ++i) {
    double last = -1;
    const std::string name = fmt::format("series_{:02}_", i);
    for (size_t at = all.find(name); at != std::string::npos; at = all.find(name, at + 1)) {
      double value;
      std::memcpy(&value, all.data() + at + name.size() + 3, sizeof value);
      CHECK(value == last + 1);
      last = value;
    }
  }
}

TEST_CASE("in a hurry nothing is tried twice, and what is left stays in the queue") {
  Fixture f;
  f.endpoint.set_status(503);
  f.destination->backoff_min = f.destination->backoff_max = 1h;
  f.start();
  for (int i = 0; i < 6; ++i) f.receive(fmt::format("m_{}", i));
  f.sender->set_hurry();
  CHECK(f.endpoint.wait_until([&] { return f.sender->is_done(); }));
  CHECK(f.sender->pending()[samples_count] == 6);
}

}  // namespace
}  // namespace alloy::prometheus::remote_write
