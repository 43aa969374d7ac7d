// What reading a scrape costs: with its labels, as the first scrape of a target does, and by the
// bytes of known series, as every later one does.
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/exposition.h"
#include "wire/exposition.h"

namespace {

using alloy::wire::ExpositionParser;
using alloy::wire::TextFormat;

constexpr int series_count = 2000;

void parse_with_labels(benchmark::State& state) {
  std::string body = alloy::bench::exposition(series_count, 1);
  for (auto _ : state) {
    ExpositionParser parser(body, TextFormat::prometheus);
    for (auto entry = parser.next(); entry != ExpositionParser::Entry::end; entry = parser.next()) {
      if (entry == ExpositionParser::Entry::failed) state.SkipWithError("does not parse");
      benchmark::DoNotOptimize(parser.value());
    }
  }
  state.SetItemsProcessed(state.iterations() * series_count);
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(body.size()));
}
BENCHMARK(parse_with_labels);

void parse_known(benchmark::State& state) {
  std::string body = alloy::bench::exposition(series_count, 1);
  std::vector<size_t> sizes;  // Of each series' bytes; 0 for what is no series.
  ExpositionParser first(body, TextFormat::prometheus);
  for (auto entry = first.next(); entry != ExpositionParser::Entry::end; entry = first.next()) {
    sizes.push_back(entry == ExpositionParser::Entry::series ? first.series().size() : 0);
  }
  for (auto _ : state) {
    ExpositionParser parser(body, TextFormat::prometheus);
    for (const size_t size : sizes) {
      const auto entry = size == 0 ? parser.next() : parser.next_known(size);
      if (entry == ExpositionParser::Entry::failed) state.SkipWithError("does not parse");
      benchmark::DoNotOptimize(parser.value());
    }
  }
  state.SetItemsProcessed(state.iterations() * series_count);
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(body.size()));
}
BENCHMARK(parse_known);

}  // namespace
