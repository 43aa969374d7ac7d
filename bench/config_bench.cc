// What reading a large configuration costs, text to tree, and what formatting it costs.
#include <string>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "syntax/parser.h"
#include "syntax/printer.h"

namespace {

std::string configuration(int components) {
  std::string text;
  for (int i = 0; i < components; ++i) {
    text += fmt::format(
        "prometheus.scrape \"s{0}\" {{\n"
        "  targets = [{{\"__address__\" = \"127.0.0.1:{0}\", \"job\" = \"j{0}\"}}]\n"
        "  forward_to = [prometheus.remote_write.sink.receiver]\n"
        "  scrape_interval = \"15s\"\n}}\n",
        i);
  }
  return text;
}

void parse_configuration(benchmark::State& state) {
  const std::string text = configuration(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    auto file = alloy::syntax::parse_file("config.alloy", text);
    if (!file) state.SkipWithError("does not parse");
    benchmark::DoNotOptimize(file);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(text.size()));
}
BENCHMARK(parse_configuration)->Arg(10)->Arg(5000);

void format_configuration(benchmark::State& state) {
  const auto source =
      alloy::syntax::make_source("config.alloy", configuration(static_cast<int>(state.range(0))));
  for (auto _ : state) {
    auto text = alloy::syntax::format(source);
    if (!text) state.SkipWithError("does not parse");
    benchmark::DoNotOptimize(text);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(source->text.size()));
}
BENCHMARK(format_configuration)->Arg(10)->Arg(50000);

}  // namespace
