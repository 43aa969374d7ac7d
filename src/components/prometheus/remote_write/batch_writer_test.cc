#include "components/prometheus/remote_write/batch_writer.h"

#include <random>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <snappy.h>

#include "components/prometheus/remote_write/histogram_message.h"
#include "components/prometheus/remote_write/protobuf.h"
#include "components/prometheus/remote_write/request_reader.h"

namespace alloy::prometheus::remote_write {
namespace {

// The same request without any cleverness.
class PlainRequest {
 public:
  void add(SeriesStore& store, const Series& series, std::string_view field) {
    std::string message;
    for (const LabelId id : series.labels()) message += store.pool().encoded(id);
    message += field;
    protobuf::append_bytes_field(bytes, 1, message);
  }
  void add_sample(SeriesStore& store, const Series& series, int64_t timestamp_ms, double value) {
    std::string sample;
    protobuf::append_double_field(sample, 1, value);
    protobuf::append_varint_field(sample, 2, static_cast<uint64_t>(timestamp_ms));
    std::string field;
    protobuf::append_bytes_field(field, 2, sample);
    add(store, series, field);
  }
  std::string bytes;
};

std::string unpack(std::string_view compressed) {
  std::string bytes;
  REQUIRE(snappy::Uncompress(compressed.data(), compressed.size(), &bytes));
  return bytes;
}

uint64_t sample_count(std::string_view request) {
  const auto counts = count_items(request, Protocol::v1);
  return counts ? (*counts)[samples_count] : 0;
}

SeriesRef make_series(SeriesStore& store, const std::string& name, int number) {
  const std::string text = fmt::format("{}", number);
  const std::vector<Label> labels = {{"__name__", name},
                                     {"instance", "host-1.example.com:9100"},
                                     {"job", "integrations/node"},
                                     {"number", text}};
  return store.intern(labels);
}

struct Fixture {
  SeriesStore store;
  BatchWriter writer{store.pool()};
  std::vector<char> block = std::vector<char>(1 << 20);
  PlainRequest plain;

  Fixture() { writer.start(block); }
  bool add(const Series& series, int64_t timestamp_ms, double value) {
    return writer.add(Sample{&series, timestamp_ms, value}, series, {});
  }
  std::string finish() {
    const size_t used = writer.flush();
    return std::string(SnappyWriter::finish(block, used, writer.unpacked()));
  }
};

TEST_CASE("a request unpacks to the plain protobuf message, whatever repeats in it") {
  Fixture f;
  std::mt19937 random(3);
  std::vector<SeriesRef> series;
  for (int i = 0; i < 1500; ++i) {
    series.push_back(make_series(f.store, fmt::format("metric_{}_total", i / 7), i % 40));
  }
  for (int i = 0; i < 4000; ++i) {
    const Series& one = *series[random() % 5 == 0 ? random() % series.size() : i % series.size()];
    const int64_t timestamp = 1'700'000'000'000 + random() % 2;
    const auto value = static_cast<double>(random() % 3 == 0 ? random() : random() % 3);
    REQUIRE(f.add(one, timestamp, value));
    f.plain.add_sample(f.store, one, timestamp, value);
    if (random() % 50 == 0) f.writer.flush();
  }
  const std::string request = f.finish();
  CHECK(unpack(request) == f.plain.bytes);
  std::string by_snappy;
  snappy::Compress(f.plain.bytes.data(), f.plain.bytes.size(), &by_snappy);
  CHECK(request.size() < by_snappy.size() * 2);
  CHECK(sample_count(request) == 4000);
}

TEST_CASE("texts and series longer than a short literal survive") {
  Fixture f;
  for (const size_t size : {1, 50, 60, 61, 100, 255, 256, 300, 5000, 70'000}) {
    const std::string text(size, 'v');
    const std::vector<Label> labels = {{"__name__", "m"}, {"text", text}};
    const SeriesRef series = f.store.intern(labels);
    for (int i = 0; i < 2; ++i) {
      REQUIRE(f.add(*series, i, i));
      f.plain.add_sample(f.store, *series, i, i);
    }
  }
  CHECK(unpack(f.finish()) == f.plain.bytes);
}

TEST_CASE("a pair that vanishes and another that takes its number are told apart") {
  Fixture f;
  for (int i = 0; i < 200; ++i) {
    // The series dies at once; the store is free to reuse everything of it.
    const SeriesRef series = make_series(f.store, fmt::format("metric_{}", i), i);
    REQUIRE(f.add(*series, 1000, 1));
    f.plain.add_sample(f.store, *series, 1000, 1);
  }
  CHECK(unpack(f.finish()) == f.plain.bytes);
  f.writer.start(f.block);
  CHECK(f.store.pool().size() == 0);
}

TEST_CASE("a block without room refuses a series and stays whole") {
  Fixture f;
  f.block.resize(2000);
  f.writer.start(f.block);
  int count = 0;
  while (true) {
    const SeriesRef series = make_series(f.store, fmt::format("metric_{}", count), count);
    if (!f.add(*series, 1000, count)) break;
    ++count;
  }
  CHECK(count > 10);
  CHECK(f.writer.bytes_wanted() < 1000);
  CHECK(sample_count(f.finish()) == count);
}

TEST_CASE("histograms and exemplars stand in the request as messages of their own") {
  Fixture f;
  const SeriesRef series = make_series(f.store, "latency", 1);
  NativeHistogram histogram;
  histogram.count = 5;
  histogram.schema = -1;
  histogram.sum = 2.5;
  histogram.positive_spans = {{-3, 2}};
  histogram.positive_deltas = {2, -1};
  const HistogramSample sample{series.get(), 1000, &histogram};
  REQUIRE(f.writer.add(sample, *series, {}));
  const std::vector<Label> labels = {{"trace_id", "abc"}};
  REQUIRE(f.writer.add(Exemplar{series.get(), labels, 2, 2000}, *series, {}));
  std::string field;
  protobuf::append_bytes_field(field, 4, histogram_message(histogram, 1000));
  f.plain.add(f.store, *series, field);
  const std::string exemplar = std::string(
                                   "\x0a\x0f\x0a\x08trace_id\x12\x03"
                                   "abc\x11") +
                               std::string("\0\0\0\0\0\0\0\x40", 8) + "\x18\xd0\x0f";
  field.clear();
  protobuf::append_bytes_field(field, 3, exemplar);
  f.plain.add(f.store, *series, field);
  CHECK(unpack(f.finish()) == f.plain.bytes);
}

TEST_CASE("what became too old is taken out of a request") {
  Fixture f;
  const SeriesRef old_one = make_series(f.store, "old", 1);
  const SeriesRef young_one = make_series(f.store, "young", 1);
  f.add(*old_one, 1000, 1);
  f.add(*young_one, 2000, 1);
  NativeHistogram histogram;
  f.writer.add(HistogramSample{old_one.get(), 500, &histogram}, *old_one, {});
  f.plain.add_sample(f.store, *young_one, 2000, 1);
  queue::RecordInfo info{.counts = {2, 0, 1}, .time_min = 500, .time_max = 2000};
  const auto filtered = drop_older(f.finish(), info, 1500);
  REQUIRE(filtered);
  CHECK(unpack(filtered->compressed) == f.plain.bytes);
  CHECK(filtered->dropped == queue::Counts{1, 0, 1});
  CHECK(filtered->info.total() == queue::Counts{1, 0, 0});
  CHECK(filtered->info.time_min == 2000);
  CHECK_FALSE(drop_older("garbage", info, 1500));
}

}  // namespace
}  // namespace alloy::prometheus::remote_write
