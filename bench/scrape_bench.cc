// What a scrape costs from the body to the batch: the first one of a target, every later one, and
// those in which some series come and go.
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/exposition.h"
#include "components/prometheus/scrape/ingest.h"

namespace {

using namespace alloy;
using prometheus::scrape::Ingest;
using prometheus::scrape::IngestCounts;
using prometheus::scrape::IngestScratch;

constexpr int series_count = 2000;

LabelSet target_labels(int target) {
  const std::string instance = "10.0.0." + std::to_string(target) + ":9090";
  return LabelSet({{"instance", instance}, {"job", "bench"}});
}

void read(Ingest& ingest, const std::string& body, int64_t time_ms, IngestScratch& scratch) {
  IngestCounts counts;
  scratch.clear();
  if (!ingest.read(body, wire::TextFormat::prometheus, time_ms, scratch, counts)) std::abort();
  benchmark::DoNotOptimize(scratch.samples.data());
  ingest.release();
}

void first_scrape(benchmark::State& state) {
  const std::string body = bench::exposition(series_count, 1);
  SeriesStore store;
  IngestScratch scratch;
  for (auto _ : state) {
    Ingest ingest(store, target_labels(1));
    ingest.configure({});
    read(ingest, body, 1000, scratch);
  }
  state.SetItemsProcessed(state.iterations() * series_count);
}
BENCHMARK(first_scrape);

// Many targets one after another, so that nothing stays in the processor's caches.
void steady_scrape(benchmark::State& state) {
  const auto targets = static_cast<size_t>(state.range(0));
  SeriesStore store;
  IngestScratch scratch;
  std::vector<std::unique_ptr<Ingest>> ingests;
  std::vector<std::string> bodies;
  for (size_t i = 0; i < targets; ++i) {
    bodies.push_back(bench::exposition(series_count, static_cast<int>(i)));
    ingests.push_back(std::make_unique<Ingest>(store, target_labels(static_cast<int>(i))));
    ingests.back()->configure({});
    read(*ingests[i], bodies[i], 1000, scratch);
  }
  int64_t time_ms = 2000;
  for (auto _ : state) {
    for (size_t i = 0; i < targets; ++i) read(*ingests[i], bodies[i], time_ms, scratch);
    time_ms += 1000;
  }
  state.SetItemsProcessed(state.iterations() * series_count * state.range(0));
  state.counters["bytes_per_series"] =
      static_cast<double>(store.bytes()) / static_cast<double>(store.size()) +
      static_cast<double>(sizeof(prometheus::scrape::SeriesCache::Entry));
}
BENCHMARK(steady_scrape)->Arg(1)->Arg(100);

void churning_scrape(benchmark::State& state) {
  const std::string bodies[] = {bench::exposition(series_count, 1),
                                bench::exposition(series_count, 1) + "extra_a 1\nextra_b 2\n",
                                "extra_c 1\n" + bench::exposition(series_count, 1)};
  SeriesStore store;
  IngestScratch scratch;
  Ingest ingest(store, target_labels(1));
  ingest.configure({});
  size_t round = 0;
  for (auto _ : state) read(ingest, bodies[round++ % 3], 1000, scratch);
  state.SetItemsProcessed(state.iterations() * series_count);
}
BENCHMARK(churning_scrape);

}  // namespace
