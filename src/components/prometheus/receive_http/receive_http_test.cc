#include <doctest/doctest.h>
#include <fmt/format.h>
#include <snappy.h>

#include "component/component_harness.h"
#include "components/prometheus/receive_http/content_type.h"
#include "components/prometheus/remote_write/protobuf.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "signals/metrics_receiver.h"

namespace alloy {

extern const ComponentType prometheus_receive_http;

namespace prometheus::receive_http {
namespace {

using namespace remote_write::protobuf;

// What was passed on, as text.
class Collector final : public MetricsReceiver {
 public:
  explicit Collector(SeriesStore& store) : store_(store) {}

  Result<void> receive(const MetricBatch& batch) override {
    const std::lock_guard lock(mutex_);
    if (fails_) return fail("full");
    for (const Sample& sample : batch.samples) {
      lines_.push_back(fmt::format("{} {} {}", store_.describe(*sample.series), sample.value,
                                   sample.timestamp_ms));
    }
    for (const HistogramSample& sample : batch.histograms) {
      lines_.push_back(
          fmt::format("{} histogram {}", store_.describe(*sample.series), sample.histogram->count));
    }
    for (const Exemplar& exemplar : batch.exemplars) {
      lines_.push_back(fmt::format("{} exemplar {} {}", store_.describe(*exemplar.series),
                                   describe(exemplar.labels), exemplar.value));
    }
    for (const CreatedTimestamp& created : batch.created) {
      lines_.push_back(fmt::format("created {}", created.created_ms));
    }
    for (const auto& [series, metadata] : batch.metadata) {
      lines_.push_back(fmt::format("{} metadata {} {} {}", store_.describe(*series),
                                   name_of(metadata.type), metadata.help, metadata.unit));
    }
    return {};
  }
  std::vector<std::string> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(lines_, {});
  }
  void set_failing(bool fails) {
    const std::lock_guard lock(mutex_);
    fails_ = fails;
  }

 private:
  SeriesStore& store_;
  std::mutex mutex_;  // Guards everything below.
  std::vector<std::string> lines_;
  bool fails_ = false;
};

std::string field(uint32_t number, std::string_view content) {
  std::string out;
  append_bytes_field(out, number, content);
  return out;
}

std::string sample_message(double value, int64_t timestamp_ms, int64_t created_ms = 0) {
  std::string out;
  append_double_field(out, 1, value);
  append_varint_field(out, 2, static_cast<uint64_t>(timestamp_ms));
  if (created_ms != 0) append_varint_field(out, 3, static_cast<uint64_t>(created_ms));
  return out;
}

std::string labels_v1(const std::vector<Label>& labels) {
  std::string out;
  for (const Label& label : labels) out += field(1, field(1, label.name) + field(2, label.value));
  return out;
}

std::string series_v1(const std::vector<Label>& labels, double value, int64_t timestamp_ms) {
  return field(1, labels_v1(labels) + field(2, sample_message(value, timestamp_ms)));
}

std::string references(const std::vector<uint64_t>& numbers) {
  std::string packed;
  for (const uint64_t number : numbers) append_varint(packed, number);
  return field(1, packed);
}

struct Answer {
  int status = 0;
  net::Headers headers;
  std::string body;
};

struct Fixture {
  SeriesStore store;
  ComponentHarness harness{prometheus_receive_http};
  std::shared_ptr<Collector> collector = std::make_shared<Collector>(store);
  uint16_t port = 0;
  int64_t now_ms = 0;

  Fixture() {
    harness.services().add<SeriesStore>(store);
    harness.variables().set("sink", encapsulate<MetricsReceiver>(collector));
    now_ms = to_unix_milliseconds(harness.clock().wall());
  }
  void start(const std::string& more = {}) {
    listen_somewhere(more);
    harness.start();
  }
  // On a port that was free a moment ago; another one if somebody else was quicker.
  void listen_somewhere(const std::string& more = {}) {
    Result<> updated;
    for (int i = 0; i < 20; ++i) {
      {
        const auto probe = net::HttpServer::create(harness.executor().any(), {}, {});
        REQUIRE(probe);
        port = (*probe)->port();
      }
      updated = harness.update(config(port, more));
      if (updated || !updated.error().message().contains("address already in use")) break;
    }
    INFO((updated ? std::string() : updated.error().message()));
    REQUIRE(updated);
  }
  static std::string config(uint16_t port, const std::string& more) {
    return fmt::format(
        "http {{\nlisten_address = \"127.0.0.1\"\nlisten_port = {}\n}}\nforward_to = [sink]\n{}\n",
        port, more);
  }
  Answer post(std::string_view message, net::Headers headers, std::string_view method = "POST",
              std::string_view path = "/api/v1/metrics/write") {
    std::string packed;
    snappy::Compress(message.data(), message.size(), &packed);
    return post_packed(packed, std::move(headers), method, path);
  }
  Answer post_packed(std::string_view packed, net::Headers headers,
                     std::string_view method = "POST",
                     std::string_view path = "/api/v1/metrics/write") {
    Answer answer;
    harness.executor().run(fetch(this, packed, std::move(headers), method, path, &answer));
    return answer;
  }
  static Task<> fetch(Fixture* self, std::string_view packed, net::Headers headers,
                      std::string_view method, std::string_view path, Answer* answer) {
    auto client = net::HttpClient::create(self->harness.executor().any(), {});
    net::Request request{.method = std::string(method),
                         .url = fmt::format("http://127.0.0.1:{}{}", self->port, path),
                         .headers = std::move(headers),
                         .body = packed};
    const auto response = co_await (*client)->fetch(std::move(request), {});
    if (response) *answer = {response->status, response->headers, response->body};
  }
  Answer post_v1(std::string_view message) {
    return post(message,
                {{"Content-Type", "application/x-protobuf"}, {"Content-Encoding", "snappy"}});
  }
  Answer post_v2(std::string_view message) {
    return post(message,
                {{"Content-Type", "application/x-protobuf;proto=io.prometheus.write.v2.Request"},
                 {"Content-Encoding", "snappy"}});
  }
};

constexpr std::string_view accept_both =
    "accepted_remote_write_protobuf_messages = [\"prometheus.WriteRequest\", "
    "\"io.prometheus.write.v2.Request\"]";

using Lines = std::vector<std::string>;

TEST_CASE("a request of protocol 1.0 is passed on with sorted labels") {
  Fixture f;
  f.start();
  const std::string request =
      field(1, labels_v1({{"z", "1"}, {"__name__", "up"}}) + field(2, sample_message(1, f.now_ms)) +
                   field(2, sample_message(2, f.now_ms + 1)) +
                   field(3, labels_v1({{"trace_id", "t"}}) + sample_message(0.5, 0).substr(0, 0) +
                                std::string("\x11\0\0\0\0\0\0\xe0\x3f", 9)));
  CHECK(f.post_v1(request).status == 204);
  CHECK(f.collector->take() == Lines{fmt::format("{{__name__=\"up\", z=\"1\"}} 1 {}", f.now_ms),
                                     fmt::format("{{__name__=\"up\", z=\"1\"}} 2 {}", f.now_ms + 1),
                                     "{__name__=\"up\", z=\"1\"} exemplar {trace_id=\"t\"} 0.5"});
}

TEST_CASE("series without a valid name or with repeated labels are left out and counted") {
  Fixture f;
  f.start();
  CHECK(f.post_v1(series_v1({{"a", "1"}}, 1, f.now_ms) +
                  series_v1({{"__name__", "m"}, {"a", "1"}, {"a", "2"}}, 2, f.now_ms) +
                  series_v1({{"__name__", "\xff"}}, 3, f.now_ms) +
                  series_v1({{"__name__", "good"}}, 4, f.now_ms))
            .status == 204);
  CHECK(f.collector->take() == Lines{fmt::format("{{__name__=\"good\"}} 4 {}", f.now_ms)});
  CHECK(f.harness.metric("prometheus_api_remote_write_invalid_labels_samples_total") == 3);
}

TEST_CASE("a sample too far ahead refuses a request of 1.0 as a whole") {
  Fixture f;
  f.start();
  const Answer answer = f.post_v1(series_v1({{"__name__", "a"}}, 1, f.now_ms) +
                                  series_v1({{"__name__", "b"}}, 1, f.now_ms + 700'000));
  CHECK(answer.status == 400);
  CHECK(answer.body.contains("too far in the future"));
  CHECK(f.collector->take().empty());
}

TEST_CASE("protocol 2.0 brings start timestamps and metadata, and its answer counts") {
  Fixture f;
  f.start(std::string(accept_both) + "\nappend_metadata = true");
  const std::string metadata = field(5, std::string("\x08\x01\x18\x05\x20\x06", 6));
  const std::string request =
      field(4, "") + field(4, "__name__") + field(4, "m_total") + field(4, "a") + field(4, "1") +
      field(4, "Some help.") + field(4, "seconds") +
      field(5, references({1, 2, 3, 4}) + field(2, sample_message(7, f.now_ms, 1234)) + metadata);
  const Answer answer = f.post_v2(request);
  CHECK(answer.status == 204);
  CHECK(answer.headers.get("X-Prometheus-Remote-Write-Samples-Written") == "1");
  CHECK(answer.headers.get("X-Prometheus-Remote-Write-Histograms-Written") == "0");
  CHECK(f.collector->take() ==
        Lines{fmt::format("{{__name__=\"m_total\", a=\"1\"}} 7 {}", f.now_ms), "created 1234",
              "{__name__=\"m_total\", a=\"1\"} metadata counter Some help. seconds"});
}

TEST_CASE("2.0 takes what is good and answers 400 for the rest") {
  Fixture f;
  f.start(std::string(accept_both));
  const std::string symbols = field(4, "") + field(4, "__name__") + field(4, "m");
  const Answer answer =
      f.post_v2(symbols + field(5, references({1, 9}) + field(2, sample_message(1, f.now_ms))) +
                field(5, references({1}) + field(2, sample_message(1, f.now_ms))) +
                field(5, references({1, 2}) + field(2, sample_message(3, f.now_ms)) +
                             field(2, sample_message(4, f.now_ms + 700'000))));
  CHECK(answer.status == 400);
  CHECK(answer.headers.get("X-Prometheus-Remote-Write-Samples-Written") == "1");
  CHECK(answer.body.contains("labelRefs 1 (name) = 9 (value) outside of symbols table (size 3)"));
  CHECK(f.collector->take() == Lines{fmt::format("{{__name__=\"m\"}} 3 {}", f.now_ms)});
}

TEST_CASE("2.0 names the references that lead nowhere, and wants a sample for each series") {
  Fixture f;
  f.start(std::string(accept_both));
  const std::string symbols = field(4, "") + field(4, "__name__") + field(4, "m");
  const std::string sample = field(2, sample_message(1, f.now_ms));
  const std::pair<std::string, std::string_view> cases[] = {
      {field(5, references({1, 2, 1}) + sample),
       "parsing labels for series [1 2 1]: invalid labelRefs length 3\n"},
      {field(5, references({1, 2}) + sample + field(5, std::string("\x20\x07", 2))),
       "parsing metadata for series [1 2]: metadata unit_ref 7 outside of symbols table (size "
       "3)\n"},
      {field(5, references({1, 2}) + sample + field(4, references({1, 5}))),
       "parsing exemplar for series {__name__=\"m\"}: labelRefs 1 (name) = 5 (value) outside of "
       "symbols table (size 3)\n"},
      {field(5, references({1, 2})),
       "TimeSeries must contain at least one sample or histogram for series {__name__=\"m\"}\n"},
  };
  for (const auto& [message, problem] : cases) {
    const Answer answer = f.post_v2(symbols + message);
    CHECK(answer.status == 400);
    CHECK(answer.body == problem);
  }
}

TEST_CASE("exemplars lose empty labels; those that no receiver takes are dropped") {
  Fixture f;
  f.start(std::string(accept_both));
  const std::string symbols = field(4, "") + field(4, "__name__") + field(4, "m") + field(4, "t") +
                              field(4, std::string(128, 'x'));
  const std::string sample = field(2, sample_message(1, f.now_ms));
  const auto post = [&](const std::string& exemplar) {
    const Answer answer =
        f.post_v2(symbols + field(5, references({1, 2}) + sample + field(4, exemplar)));
    CHECK(answer.status == 204);
    return std::string(answer.headers.get("X-Prometheus-Remote-Write-Exemplars-Written"));
  };
  CHECK(post(references({3, 0})) == "1");
  CHECK(f.collector->take().back() == "{__name__=\"m\"} exemplar {} 0");
  CHECK(post(references({3, 4})) == "0");
  CHECK(post(references({3, 2, 3, 1})) == "0");
}

TEST_CASE("1.0 answers with the first problem alone, and takes nothing") {
  Fixture f;
  f.start();
  const std::string late = series_v1({{"__name__", "m"}}, 1, f.now_ms + 700'000);
  const Answer answer = f.post_v1(late + late);
  CHECK(answer.status == 400);
  CHECK(answer.body == "out of bounds: timestamp is too far in the future\n");
  CHECK(f.collector->take().empty());
}

TEST_CASE("histograms that are finer than everybody can read are made coarser") {
  Fixture f;
  f.start();
  std::string histogram;
  append_varint_field(histogram, 1, 3);
  append_varint_field(histogram, 4, 18);  // Schema 9, as zigzag.
  append_bytes_field(histogram, 11, std::string("\x10\x01", 2));
  append_bytes_field(histogram, 12, std::string("\x06", 1));
  append_varint_field(histogram, 15, static_cast<uint64_t>(f.now_ms));
  const std::string labels = labels_v1({{"__name__", "h"}});
  CHECK(f.post_v1(field(1, labels + field(4, histogram))).status == 204);
  CHECK(f.collector->take() == Lines{"{__name__=\"h\"} histogram 3"});
}

TEST_CASE("type and unit become labels where that is asked for") {
  Fixture f;
  f.start(std::string(accept_both) + "\nenable_type_and_unit_labels = true");
  const std::string metadata = field(5, std::string("\x08\x02\x20\x03", 4));
  CHECK(f.post_v2(field(4, "") + field(4, "__name__") + field(4, "m") + field(4, "bytes") +
                  field(5, references({1, 2}) + field(2, sample_message(1, f.now_ms)) + metadata))
            .status == 204);
  CHECK(f.collector->take() ==
        Lines{fmt::format("{{__name__=\"m\", __type__=\"gauge\", __unit__=\"bytes\"}} 1 {}",
                          f.now_ms)});
}

TEST_CASE("histograms whose buckets don't agree with their spans are refused") {
  Fixture f;
  f.start();
  std::string good;
  append_varint_field(good, 1, 3);
  append_bytes_field(good, 11, std::string("\x10\x01", 2));
  append_bytes_field(good, 12, std::string("\x06", 1));
  append_varint_field(good, 15, static_cast<uint64_t>(f.now_ms));
  std::string bad = good;
  append_bytes_field(bad, 12, std::string("\x06", 1));
  const std::string labels = labels_v1({{"__name__", "h"}});
  CHECK(f.post_v1(field(1, labels + field(4, good))).status == 204);
  CHECK(f.collector->take() == Lines{"{__name__=\"h\"} histogram 3"});
  CHECK(f.post_v1(field(1, labels + field(4, bad))).status == 400);
  CHECK(f.collector->take().empty());
}

TEST_CASE("what is no such request is answered as Prometheus answers it") {
  Fixture f;
  f.start();
  const std::string good = series_v1({{"__name__", "m"}}, 1, f.now_ms);
  const net::Headers usual = {{"Content-Type", "application/x-protobuf"}};
  CHECK(f.post(good, usual, "GET").status == 405);
  CHECK(f.post(good, usual, "POST", "/api/v1/write").status == 404);
  CHECK(f.post_packed("no snappy", usual).status == 400);
  CHECK(f.post_packed("", usual).status == 400);
  CHECK(f.post("\xff\xff\xff\xff", usual).status == 400);
  CHECK(f.post(good, {{"Content-Encoding", "gzip"}}).status == 415);
  CHECK(f.post(good, {{"Content-Type", "text/plain"}}).status == 415);
  CHECK(f.post_v2(good).status == 415);
  CHECK(f.collector->take().empty());
  CHECK(f.post(good, {}).status == 204);
}

TEST_CASE("a receiver that fails makes the sender try again") {
  Fixture f;
  f.start();
  f.collector->set_failing(true);
  CHECK(f.post_v1(series_v1({{"__name__", "m"}}, 1, f.now_ms)).status == 500);
}

TEST_CASE("another port takes over without a restart") {
  Fixture f;
  f.start();
  CHECK(f.post_v1(series_v1({{"__name__", "m"}}, 1, f.now_ms)).status == 204);
  const uint16_t before = f.port;
  f.listen_somewhere();
  CHECK(f.port != before);
  CHECK(f.post_v1(series_v1({{"__name__", "m"}}, 2, f.now_ms)).status == 204);
  CHECK(f.collector->take().size() == 2);
}

TEST_CASE("protocols that don't exist are refused") {
  Fixture f;
  const auto updated = f.harness.update(
      Fixture::config(f.port, "accepted_remote_write_protobuf_messages = [\"x\"]"));
  REQUIRE(!updated);
  CHECK(updated.error().message().contains("unsupported protocol version \"x\""));
  const auto none =
      f.harness.update(Fixture::config(f.port, "accepted_remote_write_protobuf_messages = []"));
  REQUIRE(!none);
  CHECK(none.error().message().contains("must not be empty"));
}

TEST_CASE("the protocol is read from Content-Type") {
  using wire::RemoteWriteProtocol;
  CHECK(protocol_of("") == RemoteWriteProtocol::v1);
  CHECK(protocol_of("application/x-protobuf") == RemoteWriteProtocol::v1);
  CHECK(protocol_of("application/x-protobuf; proto=io.prometheus.write.v2.Request") ==
        RemoteWriteProtocol::v2);
  CHECK(!protocol_of("application/json"));
  CHECK(!protocol_of("application/x-protobuf;proto=what"));
  CHECK(!protocol_of("application/x-protobuf;proto"));
}

}  // namespace
}  // namespace prometheus::receive_http
}  // namespace alloy
