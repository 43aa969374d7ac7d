// Quantiles over a sliding window.
#include "components/discovery/shared/summary.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/text.h"

namespace alloy::discovery {
namespace {

constexpr Duration window = 10min;
// More observations than this in a window push out the oldest.
constexpr size_t observations_max = 1000;
constexpr std::array quantiles = {0.5, 0.9, 0.99};

double quantile_of(const std::vector<double>& sorted, double quantile) {
  if (sorted.empty()) return std::numeric_limits<double>::quiet_NaN();
  const double rank = std::ceil(quantile * static_cast<double>(sorted.size()));
  return sorted[static_cast<size_t>(std::max(rank, 1.0)) - 1];
}

}  // namespace

Summary::Summary(MetricRegistry& registry, Clock& clock, std::string name, std::string help)
    : clock_(clock), state_(std::make_shared<State>()) {
  state_->name = std::move(name);
  state_->help = std::move(help);
  registry.collector(
      [state = state_, &clock](MetricFamilies& out) { collect(*state, clock.steady(), out); });
}

Summary& Summaries::get(const std::string& name, std::string_view help) {
  const auto found = summaries_.find(name);
  if (found != summaries_.end()) return found->second;
  return summaries_.try_emplace(name, registry_, clock_, name, std::string(help)).first->second;
}

void Summary::add(const MetricLabels& labels) {
  std::lock_guard lock(state_->mutex);
  state_->series[labels];
}

void Summary::observe(Duration duration, const MetricLabels& labels) {
  const double seconds = std::chrono::duration<double>(duration).count();
  const SteadyTime now = clock_.steady();
  std::lock_guard lock(state_->mutex);
  Series& series = state_->series[labels];
  series.sum += seconds;
  ++series.count;
  series.recent.emplace_back(now, seconds);
  if (series.recent.size() > observations_max) series.recent.pop_front();
}

void Summary::collect(State& state, SteadyTime now, MetricFamilies& out) {
  std::lock_guard lock(state.mutex);
  if (state.series.empty()) return;
  MetricFamily& family = out[state.name];
  family.name = state.name;
  family.help = state.help;
  family.type = MetricType::summary;
  for (auto& [labels, series] : state.series) {
    while (!series.recent.empty() && series.recent.front().first + window < now)
      series.recent.pop_front();
    std::vector<double> sorted;
    for (const auto& [time, seconds] : series.recent) sorted.push_back(seconds);
    std::ranges::sort(sorted);
    for (const double quantile : quantiles) {
      MetricLabels with_quantile = labels;
      with_quantile.emplace_back("quantile", format_double(quantile));
      family.samples.push_back({state.name, with_quantile, quantile_of(sorted, quantile)});
    }
    family.samples.push_back({state.name + "_sum", labels, series.sum});
    family.samples.push_back({state.name + "_count", labels, series.count});
  }
}

}  // namespace alloy::discovery
