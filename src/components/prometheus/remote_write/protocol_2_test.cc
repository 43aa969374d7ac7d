// prometheus.remote_write with protocol 2.0, and what becomes of it where nobody understands that.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "component/component_harness.h"
#include "components/prometheus/remote_write/arguments.h"
#include "components/prometheus/remote_write/request_writer.h"
#include "components/shared/outgoing/test_endpoint.h"

namespace alloy {

extern const ComponentType prometheus_remote_write;

namespace prometheus::remote_write {
namespace {

constexpr int64_t time_ms = 1'900'000'000'000;

struct Fixture {
  SeriesStore store;
  ComponentHarness harness{prometheus_remote_write};
  outgoing::TestEndpoint endpoint{harness.executor()};
  std::vector<SeriesRef> alive;

  Fixture() { harness.services().add<SeriesStore>(store); }
  void start(const std::string& more = {}) {
    const auto updated = harness.update(fmt::format(
        "endpoint {{\nurl = \"{}\"\nprotobuf_message = \"io.prometheus.write.v2.Request\"\n"
        "send_native_histograms = true\n{}\n}}",
        endpoint.url(), more));
    INFO((updated ? std::string() : updated.error().message()));
    REQUIRE(updated);
    harness.start();
  }
  const Series& series(std::string_view name) {
    const std::vector<Label> labels = {{"__name__", name}};
    alive.push_back(store.intern(labels));
    return *alive.back();
  }
  void receive(const MetricBatch& batch) {
    REQUIRE(harness.exports<Exports>()->receiver->receive(batch));
  }
  void receive(std::string_view name) {
    const Sample sample{&series(name), time_ms, 1};
    receive({.samples = {&sample, 1}});
  }
  bool eventually(const std::function<bool()>& condition) {
    return harness.wait_until([&] {
      if (condition()) return true;
      harness.clock().advance(1s);
      return false;
    });
  }
};

// Answers as a receiver of this protocol does.
outgoing::TestEndpoint::Answer taking(std::string_view samples_written) {
  return [samples = std::string(samples_written)](const net::ServerRequest& request) {
    net::ServerResponse response{.status = 204};
    if (request.headers.get("Content-Type").contains("write.v2")) {
      response.headers.set("X-Prometheus-Remote-Write-Samples-Written", samples);
    }
    return response;
  };
}

TEST_CASE("requests of 2.0 say what they are, and keep what belongs to a sample together") {
  Fixture f;
  f.endpoint.set_answer(taking("1"));
  f.start();
  const Series& counter = f.series("requests_total");
  const Sample sample{&counter, time_ms, 5};
  const std::vector<Label> labels = {{"trace_id", "abc"}};
  const Exemplar exemplar{&counter, labels, 2, time_ms};
  const CreatedTimestamp created{&counter, 1000, time_ms};
  const SeriesMetadata metadata{&counter, {FamilyType::counter, "How many.", ""}};
  f.receive({.samples = {&sample, 1},
             .exemplars = {&exemplar, 1},
             .created = {&created, 1},
             .metadata = {&metadata, 1}});
  REQUIRE(f.eventually([&] { return !f.endpoint.bodies().empty(); }));
  const auto headers = f.endpoint.headers();
  CHECK(headers.at("content-type") ==
        "application/x-protobuf;proto=io.prometheus.write.v2.Request");
  CHECK(headers.at("x-prometheus-remote-write-version") == "2.0.0");
  wire::WriteRequest request;
  const std::string body = f.endpoint.bodies()[0];
  REQUIRE(request.parse(body, Protocol::v2));
  REQUIRE(request.series().size() == 1);
  const auto& one = request.series()[0];
  CHECK(request.samples(one)[0].created_ms == 1000);
  CHECK(request.exemplars(one)[0].value == 2);
  CHECK(one.metadata.type == FamilyType::counter);
  CHECK(one.metadata.help == "How many.");
}

TEST_CASE("who answers 415 gets the same data, and all that follows, in protocol 1.0") {
  Fixture f;
  f.endpoint.set_answer([](const net::ServerRequest& request) {
    const bool is_v2 = request.headers.get("Content-Type").contains("write.v2");
    return net::ServerResponse{.status = is_v2 ? 415 : 204};
  });
  f.start();
  f.receive("first_metric");
  REQUIRE(f.eventually([&] { return f.endpoint.count("first_metric") == 1; }));
  CHECK(f.endpoint.headers().at("content-type") == "application/x-protobuf");
  CHECK(f.endpoint.headers().at("x-prometheus-remote-write-version") == "0.1.0");
  CHECK(f.endpoint.requests() == 2);
  f.receive("second_metric");
  REQUIRE(f.eventually([&] { return f.endpoint.count("second_metric") == 1; }));
  CHECK(f.endpoint.requests() == 3);
  wire::WriteRequest request;
  const std::string body = f.endpoint.bodies().back();
  CHECK(request.parse(body, Protocol::v1));
  CHECK(f.harness.metric("prometheus_remote_storage_samples_total") == 2);
  CHECK(f.harness.metric("prometheus_remote_storage_samples_failed_total") == 0);
}

TEST_CASE("who takes a request of 2.0 without finding anything in it gets it in 1.0 too") {
  Fixture f;
  f.endpoint.set_status(204);
  f.start();
  f.receive("first_metric");
  REQUIRE(f.eventually([&] { return f.endpoint.requests() == 2; }));
  REQUIRE(f.eventually([&] { return f.endpoint.bodies().size() == 2; }));
  wire::WriteRequest request;
  const std::string body = f.endpoint.bodies().back();
  REQUIRE(request.parse(body, Protocol::v1));
  CHECK(request.series().size() == 1);
}

TEST_CASE("what an endpoint says it left out counts as failed") {
  Fixture f;
  f.endpoint.set_answer([](const net::ServerRequest&) {
    net::ServerResponse response{.status = 400};
    response.headers.set("X-Prometheus-Remote-Write-Samples-Written", "1");
    return response;
  });
  f.start();
  const Sample samples[] = {{&f.series("good_metric"), time_ms, 1},
                            {&f.series("bad_metric"), time_ms, 1}};
  f.receive({.samples = samples});
  REQUIRE(f.eventually(
      [&] { return f.harness.metric("prometheus_remote_storage_samples_failed_total") == 1; }));
  CHECK(f.harness.metric("prometheus_remote_storage_samples_total") == 1);
  CHECK(f.endpoint.requests() == 1);
}

TEST_CASE("what was queued for 1.0 is sent as 1.0 after a change to 2.0") {
  Fixture f;
  f.endpoint.set_status(503);
  REQUIRE(f.harness.update(fmt::format("endpoint {{\nurl = \"{}\"\n}}", f.endpoint.url())));
  f.harness.start();
  f.receive("old_metric");
  REQUIRE(f.eventually([&] { return f.endpoint.requests() > 0; }));
  REQUIRE(f.harness.update(fmt::format(
      "endpoint {{\nurl = \"{}\"\nprotobuf_message = \"io.prometheus.write.v2.Request\"\n}}",
      f.endpoint.url())));
  f.endpoint.set_answer(taking("1"));
  REQUIRE(f.eventually([&] { return f.endpoint.count("old_metric") == 1; }));
  CHECK(f.endpoint.headers().at("content-type") == "application/x-protobuf");
  f.receive("new_metric");
  REQUIRE(f.eventually([&] { return f.endpoint.count("new_metric") == 1; }));
  CHECK(f.endpoint.headers().at("x-prometheus-remote-write-version") == "2.0.0");
}

TEST_CASE("histograms with custom buckets are sent with 2.0") {
  Fixture f;
  f.endpoint.set_answer([](const net::ServerRequest&) {
    net::ServerResponse response{.status = 204};
    response.headers.set("X-Prometheus-Remote-Write-Histograms-Written", "1");
    return response;
  });
  f.start();
  NativeHistogram histogram{.schema = NativeHistogram::custom_buckets_schema,
                            .count = 3,
                            .positive_spans = {{0, 1}},
                            .positive_deltas = {3},
                            .custom_bounds = {2.5}};
  const HistogramSample sample{&f.series("latency"), time_ms, &histogram};
  f.receive({.histograms = {&sample, 1}});
  REQUIRE(f.eventually([&] { return f.endpoint.bodies().size() == 1; }));
  wire::WriteRequest request;
  const std::string body = f.endpoint.bodies()[0];
  REQUIRE(request.parse(body, Protocol::v2));
  CHECK(request.histograms(request.series()[0])[0].histogram == histogram);
}

}  // namespace
}  // namespace prometheus::remote_write
}  // namespace alloy
