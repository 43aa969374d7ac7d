// What writing a compressed remote_write request costs: a steady stream of 2,000 series, as
// prometheus.remote_write makes requests of them, and what snappy alone would cost for the same
// bytes.
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <snappy.h>

#include "components/prometheus/remote_write/request_writer.h"
#include "signals/series.h"

namespace {

using namespace alloy;

constexpr int series_count = 2000;
constexpr size_t block_bytes = 4 << 20;

std::vector<SeriesRef> make_series(SeriesStore& store) {
  std::vector<SeriesRef> all;
  for (int i = 0; i < series_count; ++i) {
    const std::string name = fmt::format("bench_metric_{}_total", i / 100);
    const std::string le = fmt::format("{}", i % 100);
    const std::string pod = fmt::format("api-7d9f-{}", i % 50);
    all.push_back(store.intern(std::vector<Label>{{"__name__", name},
                                                  {"cluster", "production-eu-1"},
                                                  {"container", "server"},
                                                  {"instance", "10.0.0.1:9090"},
                                                  {"job", "api"},
                                                  {"le", le},
                                                  {"method", "GET"},
                                                  {"namespace", "team-1"},
                                                  {"pod", pod},
                                                  {"route", "/api/v1/items/{id}"}}));
  }
  return all;
}

void write_request(benchmark::State& state, wire::RemoteWriteProtocol protocol) {
  SeriesStore store;
  const auto series = make_series(store);
  const auto writer = prometheus::remote_write::make_request_writer(protocol, store.pool());
  std::vector<char> block(block_bytes);
  std::string scratch;
  int64_t timestamp = 1'795'500'000'000;
  size_t bytes = 0;
  for (auto _ : state) {
    writer->start(block);
    timestamp += 10'000;
    for (size_t i = 0; i < series.size(); ++i) {
      const Sample sample{series[i].get(), timestamp,
                          static_cast<double>(i * 7 + state.iterations())};
      if (!writer->add(sample, *series[i], {})) state.SkipWithError("the block is too small");
    }
    const size_t used = writer->flush();
    bytes =
        prometheus::remote_write::finish_request(protocol, block, used, writer->unpacked(), scratch)
            .size();
  }
  state.SetItemsProcessed(state.iterations() * series_count);
  state.counters["bytes_a_sample"] = static_cast<double>(bytes) / series_count;
}
BENCHMARK_CAPTURE(write_request, v1, wire::RemoteWriteProtocol::v1);
BENCHMARK_CAPTURE(write_request, v2, wire::RemoteWriteProtocol::v2);

void snappy_alone(benchmark::State& state) {
  SeriesStore store;
  const auto series = make_series(store);
  std::string request;
  for (const auto& one : series) {
    for (const LabelId label : one->labels()) request += store.pool().encoded(label);
    request.append(18, '\x01');  // A sample of about this size.
  }
  std::string compressed;
  for (auto _ : state) snappy::Compress(request.data(), request.size(), &compressed);
  state.SetItemsProcessed(state.iterations() * series_count);
  state.counters["bytes_a_sample"] = static_cast<double>(compressed.size()) / series_count;
}
BENCHMARK(snappy_alone);

}  // namespace
