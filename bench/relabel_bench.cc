// What relabelling costs a series: the rules themselves, and the cache that a steady stream hits.
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "signals/relabel.h"
#include "signals/relabel_cache.h"
#include "signals/series.h"

namespace {

using namespace alloy;

RelabelRulesPointer typical_rules() {
  std::vector<RelabelRule> rules(3);
  rules[0].source_labels = {"__name__"};
  rules[0].regex = RegularExpression::known("go_.*");
  rules[0].action = RelabelAction::drop;
  rules[1].source_labels = {"namespace", "pod"};
  rules[1].regex = RegularExpression::known("(.+);(.+)-[^-]+");
  rules[1].target_label = "workload";
  rules[1].replacement = "$1/$2";
  rules[2].regex = RegularExpression::known("container_.*");
  rules[2].action = RelabelAction::labeldrop;
  return std::make_shared<const RelabelRules>(std::move(rules));
}

std::vector<SeriesRef> make_series(SeriesStore& store, int count) {
  std::vector<SeriesRef> all;
  for (int i = 0; i < count; ++i) {
    const std::string pod = fmt::format("api-7d9f-{}", i);
    const std::vector<Label> labels = {{"__name__", "requests_total"}, {"container_id", "c"},
                                       {"instance", "10.0.0.1:9090"},  {"job", "api"},
                                       {"namespace", "team-1"},        {"pod", pod}};
    all.push_back(store.intern(labels));
  }
  return all;
}

void apply_rules(benchmark::State& state) {
  const auto rules = typical_rules();
  LabelBuilder builder;
  const std::vector<Label> labels = {{"__name__", "requests_total"}, {"container_id", "c"},
                                     {"instance", "10.0.0.1:9090"},  {"job", "api"},
                                     {"namespace", "team-1"},        {"pod", "api-7d9f-1"}};
  for (auto _ : state) {
    builder.reset(labels);
    benchmark::DoNotOptimize(rules->apply(builder));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(apply_rules);

void find_in_cache(benchmark::State& state) {
  SeriesStore store;
  const auto series = make_series(store, static_cast<int>(state.range(0)));
  RelabelCache cache(store);
  cache.reset(typical_rules());
  for (const auto& one : series) cache.find(*one);
  for (auto _ : state) {
    for (const auto& one : series) benchmark::DoNotOptimize(cache.find(*one));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(find_in_cache)->Arg(1000)->Arg(100000);

void intern_known_series(benchmark::State& state) {
  SeriesStore store;
  const auto series = make_series(store, 1000);
  std::vector<std::vector<Label>> labels;
  for (const auto& one : series) labels.push_back(store.labels_of(*one));
  for (auto _ : state) {
    for (const auto& one : labels) benchmark::DoNotOptimize(store.intern(one).get());
  }
  state.SetItemsProcessed(state.iterations() * 1000);
}
BENCHMARK(intern_known_series);

}  // namespace
