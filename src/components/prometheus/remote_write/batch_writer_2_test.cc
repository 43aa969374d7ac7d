#include "components/prometheus/remote_write/batch_writer_2.h"

#include <random>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <snappy.h>

#include "components/prometheus/remote_write/batch_writer.h"
#include "components/prometheus/remote_write/request_reader.h"

namespace alloy::prometheus::remote_write {
namespace {

std::string unpack(std::string_view compressed) {
  std::string bytes;
  REQUIRE(snappy::Uncompress(compressed.data(), compressed.size(), &bytes));
  return bytes;
}

std::vector<std::string> lines_of(std::string_view message) {
  std::vector<std::string> lines;
  wire::WriteRequest request;
  REQUIRE(request.parse(message, Protocol::v2));
  for (const auto& series : request.series()) {
    CHECK(series.problem.empty());
    const std::string name = describe(request.labels(series.labels));
    for (const auto& sample : request.samples(series)) {
      lines.push_back(
          fmt::format("{} {} {} {}", name, sample.value, sample.timestamp_ms, sample.created_ms));
    }
    for (const auto& sample : request.histograms(series)) {
      lines.push_back(fmt::format("{} histogram {} {} {}", name, sample.histogram.count,
                                  sample.timestamp_ms, sample.created_ms));
    }
    for (const auto& exemplar : request.exemplars(series)) {
      lines.push_back(fmt::format("{} exemplar {} {}", name,
                                  describe(request.labels(exemplar.labels)), exemplar.value));
    }
    const FamilyMetadata& metadata = series.metadata;
    if (metadata.type != FamilyType::unknown) {
      lines.push_back(fmt::format("{} is a {}: {} ({})", name, name_of(metadata.type),
                                  metadata.help, metadata.unit));
    }
  }
  return lines;
}

struct Fixture {
  SeriesStore store;
  BatchWriter2 writer{store.pool()};
  std::vector<char> block = std::vector<char>(4 << 20);
  std::vector<std::string> expected;

  Fixture() { writer.start(block); }
  SeriesRef series(std::vector<Label> labels) { return store.intern(labels); }
  bool add(const Series& one, int64_t timestamp_ms, double value, const Extras& extras = {}) {
    if (!writer.add(Sample{&one, timestamp_ms, value}, one, extras)) return false;
    expected.push_back(fmt::format("{} {} {} {}", describe(store.labels_of(one)), value,
                                   timestamp_ms, extras.created_ms));
    return true;
  }
  std::string finish() {
    const size_t used = writer.flush();
    std::string scratch;
    return std::string(finish_request(Protocol::v2, block, used, writer.unpacked(), scratch));
  }
};

TEST_CASE("a request of protocol 2.0 reads as what was added, whatever repeats in it") {
  Fixture f;
  std::mt19937 random(5);
  std::vector<SeriesRef> all;
  for (int i = 0; i < 1500; ++i) {
    const std::string name = fmt::format("metric_{}_total", i / 7);
    const std::string number = fmt::format("{}", i % 40);
    const std::string long_text(i % 97 == 0 ? 300 : 3, 'x');
    std::vector<Label> labels = {
        {"__name__", name}, {"instance", "host-1.example.com:9100"}, {"number", number}};
    if (i % 3 == 0) labels.push_back({"text", long_text});
    all.push_back(f.series(labels));
  }
  for (int i = 0; i < 4000; ++i) {
    const Series& one = *all[random() % 5 == 0 ? random() % all.size() : i % all.size()];
    const int64_t timestamp = 1'700'000'000'000 + random() % 2;
    const auto value = static_cast<double>(random() % 3 == 0 ? random() : random() % 3);
    const Extras extras{.created_ms = random() % 10 == 0 ? 1'600'000'000'000 : 0};
    REQUIRE(f.add(one, timestamp, value, extras));
    if (random() % 50 == 0) f.writer.flush();
  }
  const std::string request = f.finish();
  CHECK(lines_of(unpack(request)) == f.expected);
  const auto counts = count_items(request, Protocol::v2);
  REQUIRE(counts);
  CHECK((*counts)[samples_count] == 4000);
}

TEST_CASE("the first symbol is the empty text, and symbols stand before what refers to them") {
  Fixture f;
  const SeriesRef one = f.series({{"__name__", "up"}});
  REQUIRE(f.add(*one, 1, 1));
  const std::string message = unpack(f.finish());
  CHECK(message.starts_with(std::string_view("\x22\x00\x22\x08__name__\x22\x02up\x2a", 17)));
}

TEST_CASE("exemplars, metadata and start timestamps go with their sample") {
  Fixture f;
  const SeriesRef one = f.series({{"__name__", "requests_total"}});
  const SeriesRef two = f.series({{"__name__", "latency"}});
  const std::vector<Label> labels = {{"trace_id", "abc"}};
  const Exemplar exemplar{one.get(), labels, 2, 3000};
  const Exemplar* exemplars[] = {&exemplar};
  NativeHistogram histogram{.count = 7};
  {
    // Texts that end before the request does.
    std::string help = "How many.";
    const FamilyMetadata metadata{FamilyType::counter, help, "requests"};
    REQUIRE(
        f.add(*one, 3000, 5, {.created_ms = 1000, .metadata = &metadata, .exemplars = exemplars}));
    help = "Something else.";
  }
  REQUIRE(f.writer.add(HistogramSample{two.get(), 3000, &histogram}, *two, {.created_ms = 2000}));
  REQUIRE(f.writer.add(exemplar, *two, {}));
  CHECK(lines_of(unpack(f.finish())) ==
        std::vector<std::string>{"{__name__=\"requests_total\"} 5 3000 1000",
                                 "{__name__=\"requests_total\"} exemplar {trace_id=\"abc\"} 2",
                                 "{__name__=\"requests_total\"} is a counter: How many. (requests)",
                                 "{__name__=\"latency\"} histogram 7 3000 2000",
                                 "{__name__=\"latency\"} exemplar {trace_id=\"abc\"} 2"});
}

TEST_CASE("a block that is full refuses, says how much it would take, and holds a whole request") {
  Fixture f;
  f.block.resize(3000);
  f.writer.start(f.block);
  std::vector<SeriesRef> all;
  for (int i = 0; i < 10'000; ++i) {
    const std::string number = fmt::format("{}", i);
    all.push_back(f.series({{"__name__", "some_metric_name"}, {"number", number}}));
    if (!f.add(*all.back(), 1000, i)) break;
  }
  CHECK(f.expected.size() > 10);
  CHECK(f.expected.size() < 1000);
  CHECK(lines_of(unpack(f.finish())) == f.expected);

  f.writer.start(f.block);
  f.expected.clear();
  const std::string huge(100'000, 'v');
  const SeriesRef large = f.series({{"__name__", "m"}, {"text", huge}});
  REQUIRE(!f.add(*large, 1000, 1));
  f.block.resize(f.writer.bytes_wanted());
  f.writer.start(f.block);
  REQUIRE(f.add(*large, 1000, 1));
  CHECK(lines_of(unpack(f.finish())) == f.expected);
}

TEST_CASE("a help that does not fit says how much room it takes") {
  Fixture f;
  f.block.resize(500);
  f.writer.start(f.block);
  const SeriesRef one = f.series({{"__name__", "m"}});
  const std::string help(10'000, 'h');
  const FamilyMetadata metadata{FamilyType::gauge, help, ""};
  REQUIRE(!f.add(*one, 1000, 1, {.metadata = &metadata}));
  f.block.resize(f.writer.bytes_wanted());
  f.writer.start(f.block);
  REQUIRE(f.add(*one, 1000, 1, {.metadata = &metadata}));
}

TEST_CASE("labels that vanish and others that take their numbers are told apart") {
  Fixture f;
  for (int i = 0; i < 300; ++i) {
    const std::string number = fmt::format("{}", i);
    // The series dies at once; the store is free to reuse everything of it.
    const SeriesRef one = f.series({{"__name__", "m"}, {"number", number}});
    REQUIRE(f.add(*one, 1000, 1));
  }
  CHECK(lines_of(unpack(f.finish())) == f.expected);
}

TEST_CASE("protocol 2.0 takes less than three quarters of the bytes of 1.0") {
  Fixture f;
  BatchWriter plain(f.store.pool());
  std::vector<char> block(4 << 20);
  plain.start(block);
  std::mt19937 random(7);
  std::vector<SeriesRef> all;
  for (int i = 0; i < 2000; ++i) {
    const std::string name = fmt::format("http_request_duration_seconds_{}", i / 50);
    const std::string code = fmt::format("{}", 200 + i % 5);
    const std::string handler = fmt::format("/api/v1/{}", i / 5 % 10);
    all.push_back(f.series({{"__name__", name},
                            {"code", code},
                            {"handler", handler},
                            {"instance", "host-1.example.com:9100"},
                            {"job", "integrations/node"},
                            {"namespace", "production"}}));
    const Sample sample{all.back().get(), 1'700'000'000'000,
                        static_cast<double>(random() % 100'000)};
    REQUIRE(f.add(*all.back(), sample.timestamp_ms, sample.value));
    REQUIRE(plain.add(sample, *all.back(), {}));
  }
  const size_t size = f.finish().size();
  const size_t size_v1 = SnappyWriter::finish(block, plain.flush(), plain.unpacked()).size();
  CHECK(4 * size < 3 * size_v1);
  CHECK(size < 2000 * 19);
}

TEST_CASE("a request can be rewritten for who speaks only 1.0") {
  Fixture f;
  const SeriesRef one = f.series({{"__name__", "requests_total"}, {"code", "200"}});
  const std::vector<Label> labels = {{"trace_id", "abc"}};
  const Exemplar exemplar{one.get(), labels, 2, 3000};
  const Exemplar* exemplars[] = {&exemplar};
  NativeHistogram custom{.schema = NativeHistogram::custom_buckets_schema};
  REQUIRE(f.add(*one, 3000, 5, {.created_ms = 1000, .exemplars = exemplars}));
  REQUIRE(f.writer.add(HistogramSample{one.get(), 3000, &custom}, *one, {}));
  queue::RecordInfo info{.counts = {1, 1, 1}, .format = format_v2};
  const auto rewritten = rewrite_as_v1(f.finish(), info);
  REQUIRE(rewritten);
  CHECK(protocol_of(rewritten->info) == Protocol::v1);
  CHECK(rewritten->info.total() == queue::Counts{1, 1, 0, 0});
  CHECK(rewritten->dropped[histograms_count] == 1);
  wire::WriteRequest request;
  const std::string message = unpack(rewritten->compressed);
  REQUIRE(request.parse(message, Protocol::v1));
  REQUIRE(request.series().size() == 1);
  const auto& series = request.series()[0];
  CHECK(describe(request.labels(series.labels)) == "{__name__=\"requests_total\", code=\"200\"}");
  CHECK(request.samples(series)[0].value == 5);
  CHECK(request.exemplars(series)[0].value == 2);
}

TEST_CASE("what is too old is taken out of a request of 2.0") {
  Fixture f;
  const SeriesRef one = f.series({{"__name__", "old"}});
  const SeriesRef two = f.series({{"__name__", "young"}});
  REQUIRE(f.add(*one, 1000, 1));
  REQUIRE(f.add(*two, 2000, 2));
  const queue::RecordInfo info{
      .counts = {2}, .format = format_v2, .time_min = 1000, .time_max = 2000};
  const auto filtered = drop_older(f.finish(), info, 1500);
  REQUIRE(filtered);
  CHECK(filtered->dropped[samples_count] == 1);
  CHECK(filtered->info.time_min == 2000);
  CHECK(lines_of(unpack(filtered->compressed)) ==
        std::vector<std::string>{"{__name__=\"young\"} 2 2000 0"});
}

}  // namespace
}  // namespace alloy::prometheus::remote_write
