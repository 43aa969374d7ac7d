#include "components/prometheus/shared/live_metrics.h"

#include <algorithm>

#include <fmt/format.h>

namespace alloy::prometheus {
namespace {

// More than a stream passes on between two flushes would be for nothing.
constexpr size_t records_max = 1000;

template <class T>
std::span<const T> first_few(std::span<const T> items) {
  return items.first(std::min(items.size(), records_max));
}

}  // namespace

LiveMetrics::LiveMetrics(const Options& options, const SeriesStore& store) : store_(&store) {
  if (auto* debugging = options.services.find<LiveDebugging>())
    channel_ = debugging->channel(options.global_id());
}

void LiveMetrics::show(const MetricBatch& batch) const {
  if (!is_watched()) return;
  LiveData data{.type = LiveDataType::prometheus_metric,
                .count = batch.samples.size() + batch.histograms.size()};
  if (channel_->is_read()) {
    for (const Sample& sample : first_few(batch.samples))
      data.records.push_back(fmt::format("sample: ts={}, labels={}, value={:f}",
                                         sample.timestamp_ms, store_->describe(*sample.series),
                                         sample.value));
    for (const HistogramSample& sample : first_few(batch.histograms))
      data.records.push_back(fmt::format("histogram: ts={}, labels={}", sample.timestamp_ms,
                                         store_->describe(*sample.series)));
  }
  channel_->publish(data);
}

void LiveMetrics::show_changes(std::span<const Change> changes) const {
  if (!is_watched()) return;
  LiveData data{.type = LiveDataType::prometheus_metric};
  for (const auto& [before, after] : changes) data.count += after != nullptr ? 1 : 0;
  if (channel_->is_read()) {
    for (const auto& [before, after] : first_few(changes))
      data.records.push_back(
          fmt::format("{} => {}", store_->describe(*before),
                      after != nullptr ? store_->describe(*after) : std::string("{}")));
  }
  channel_->publish(data);
}

}  // namespace alloy::prometheus
