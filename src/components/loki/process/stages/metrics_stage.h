// stage.metrics: counters, gauges and histograms of lines, shown among the program's own metrics.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "components/loki/process/stage.h"
#include "schema/fields.h"

namespace alloy::loki::process {

struct CommonMetricArguments {
  std::string name;
  std::string description;
  std::string source;
  std::string prefix;
  Duration max_idle_duration = std::chrono::minutes(5);
  std::string value;

  static constexpr auto schema() {
    return fields(
        required<&CommonMetricArguments::name>("name", "The name, behind the prefix."),
        optional<&CommonMetricArguments::description>("description", "What the metric says."),
        optional<&CommonMetricArguments::source>("source",
                                                 "The extracted value; else that of its name."),
        optional<&CommonMetricArguments::prefix>("prefix",
                                                 "What comes before the name; loki_process_custom_ "
                                                 "if not given."),
        optional<&CommonMetricArguments::max_idle_duration>(
            "max_idle_duration", "After what time without a change a series is forgotten."),
        optional<&CommonMetricArguments::value>("value",
                                                "Only lines whose extracted value is this."));
  }
  // The source is shown as the name where it isn't given.
  Result<void> check();
};

struct CounterArguments {
  CommonMetricArguments common;
  std::string action;
  bool match_all = false;
  bool count_entry_bytes = false;

  static constexpr auto schema() {
    return fields(inlined<&CounterArguments::common>(),
                  required<&CounterArguments::action>("action", "inc or add."),
                  optional<&CounterArguments::match_all>("match_all", "Count every line."),
                  optional<&CounterArguments::count_entry_bytes>("count_entry_bytes",
                                                                 "Add the bytes of the line."));
  }
  Result<void> validate();
};

struct GaugeArguments {
  CommonMetricArguments common;
  std::string action;

  static constexpr auto schema() {
    return fields(inlined<&GaugeArguments::common>(),
                  required<&GaugeArguments::action>("action", "set, inc, dec, add or sub."));
  }
  Result<void> validate();
};

struct HistogramArguments {
  CommonMetricArguments common;
  std::vector<double> buckets;

  static constexpr auto schema() {
    return fields(inlined<&HistogramArguments::common>(),
                  required<&HistogramArguments::buckets>("buckets", "The upper bounds, rising."));
  }
  Result<void> validate();
};

struct MetricArguments {
  std::optional<CounterArguments> counter;
  std::optional<GaugeArguments> gauge;
  std::optional<HistogramArguments> histogram;

  static constexpr auto schema() {
    return fields(
        block<&MetricArguments::counter>("counter", "Counts lines, or adds up values."),
        block<&MetricArguments::gauge>("gauge", "Shows the last value, or counts up and down."),
        block<&MetricArguments::histogram>("histogram", "Sorts values into buckets."));
  }
};

struct MetricsArguments {
  std::vector<MetricArguments> metrics;

  static constexpr auto schema() {
    return fields(one_of<&MetricsArguments::metrics>("metric", "The metrics to keep."));
  }
};

// One metric and its series, which vanish when they are not changed for a while.
class CustomMetric {
 public:
  CustomMetric(std::string name, std::string help, MetricType type, std::vector<double> bounds,
               int64_t idle_seconds_max)
      : name_(std::move(name)),
        help_(std::move(help)),
        type_(type),
        bounds_(std::move(bounds)),
        idle_seconds_max_(idle_seconds_max) {}

  // Of a line's labels; those that are no names of Prometheus, or begin with __, don't count.
  void add(const LineLabels& labels, double by, int64_t now_seconds);
  void set(const LineLabels& labels, double value, int64_t now_seconds);
  void observe(const LineLabels& labels, double value, int64_t now_seconds);
  // Shows the series, and then forgets those that are idle.
  void collect(MetricFamilies& out, int64_t now_seconds);

 private:
  struct Series {
    MetricLabels labels;
    double value = 0;  // Of histograms: the sum.
    std::vector<uint64_t> counts;
    int64_t changed_at = 0;
  };
  // With the lock held.
  Series& series(const LineLabels& labels, int64_t now_seconds);

  const std::string name_;
  const std::string help_;
  const MetricType type_;
  const std::vector<double> bounds_;
  const int64_t idle_seconds_max_;
  std::mutex mutex_;                   // Guards everything below.
  std::map<uint64_t, Series> series_;  // By the hash of the labels.
};

// All custom metrics of a component, also while its stages change.
class CustomMetrics {
 public:
  CustomMetrics(MetricRegistry& registry, Clock& clock);
  void add(const std::shared_ptr<CustomMetric>& metric);

 private:
  struct State {
    std::mutex mutex;  // Guards everything below.
    std::vector<std::weak_ptr<CustomMetric>> metrics;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

Result<StagePointer> make_stage(const MetricsArguments& arguments, StageContext& context);

}  // namespace alloy::loki::process
