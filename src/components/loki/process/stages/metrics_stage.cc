// Series of custom metrics, by the labels of the lines.
#include "components/loki/process/stages/metrics_stage.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace alloy::loki::process {
namespace {

constexpr std::string_view prefix_default = "loki_process_custom_";

int64_t seconds_of(Clock& clock) {
  return clock.wall().time_since_epoch() / std::chrono::seconds(1);
}

std::string bound_text(double bound) {
  return bound == std::numeric_limits<double>::infinity() ? "+Inf" : format_double(bound);
}

}  // namespace

CustomMetric::Series& CustomMetric::series(const LineLabels& labels, int64_t now_seconds) {
  Series& series = series_[labels.hash()];
  if (series.changed_at == 0) {
    for (const Label& label : labels.get()) {
      if (!is_legacy_label_name(label.name) || label.name.starts_with("__")) continue;
      series.labels.emplace_back(label.name, label.value);
    }
    series.counts.resize(type_ == MetricType::histogram ? bounds_.size() + 1 : 0);
  }
  series.changed_at = now_seconds;
  return series;
}

void CustomMetric::add(const LineLabels& labels, double by, int64_t now_seconds) {
  const std::lock_guard lock(mutex_);
  series(labels, now_seconds).value += by;
}

void CustomMetric::set(const LineLabels& labels, double value, int64_t now_seconds) {
  const std::lock_guard lock(mutex_);
  series(labels, now_seconds).value = value;
}

void CustomMetric::observe(const LineLabels& labels, double value, int64_t now_seconds) {
  const std::lock_guard lock(mutex_);
  Series& observed = series(labels, now_seconds);
  observed.value += value;
  const auto bucket = std::ranges::lower_bound(bounds_, value) - bounds_.begin();
  ++observed.counts[static_cast<size_t>(bucket)];
}

void CustomMetric::collect(MetricFamilies& out, int64_t now_seconds) {
  const std::lock_guard lock(mutex_);
  if (series_.empty()) return;
  MetricFamily& family = out[name_];
  family.name = name_;
  family.help = help_;
  family.type = type_;
  for (const auto& [hash, series] : series_) {
    if (type_ != MetricType::histogram) {
      family.samples.push_back({.name = name_, .labels = series.labels, .value = series.value});
      continue;
    }
    uint64_t count = 0;
    for (size_t i = 0; i < series.counts.size(); ++i) {
      count += series.counts[i];
      MetricLabels labels = series.labels;
      const double bound =
          i < bounds_.size() ? bounds_[i] : std::numeric_limits<double>::infinity();
      labels.emplace_back("le", bound_text(bound));
      family.samples.push_back({.name = name_ + "_bucket",
                                .labels = std::move(labels),
                                .value = static_cast<double>(count)});
    }
    family.samples.push_back(
        {.name = name_ + "_sum", .labels = series.labels, .value = series.value});
    family.samples.push_back(
        {.name = name_ + "_count", .labels = series.labels, .value = static_cast<double>(count)});
  }
  std::erase_if(series_, [&](const auto& entry) {
    return now_seconds - entry.second.changed_at >= idle_seconds_max_;
  });
}

CustomMetrics::CustomMetrics(MetricRegistry& registry, Clock& clock) {
  registry.collector([state = state_, &clock](MetricFamilies& out) {
    const std::lock_guard lock(state->mutex);
    std::erase_if(state->metrics, [](const auto& metric) { return metric.expired(); });
    for (const auto& metric : state->metrics) {
      if (const auto present = metric.lock()) present->collect(out, seconds_of(clock));
    }
  });
}

void CustomMetrics::add(const std::shared_ptr<CustomMetric>& metric) {
  const std::lock_guard lock(state_->mutex);
  state_->metrics.push_back(metric);
}

namespace {

enum class Action : unsigned char { increase, decrease, add, subtract, set, observe };

struct MetricPlan {
  std::shared_ptr<CustomMetric> metric;
  NameId source;
  std::string wanted;  // Empty: any value.
  Action action = Action::increase;
  bool matches_all = false;
  bool counts_bytes = false;
};

class MetricsStage final : public Stage {
 public:
  explicit MetricsStage(std::vector<MetricPlan> plans)
      : Stage("metrics"), plans_(std::move(plans)) {}

 private:
  void process(Line& line, Run& run) override {
    for (const MetricPlan& plan : plans_) record(plan, line, run);
    pass(line, run);
  }

  static void record(const MetricPlan& plan, const Line& line, Run& run) {
    const int64_t now = run.wall_ns() / 1'000'000'000;
    ExtractedValue value = line.extracted[plan.source];
    if (plan.matches_all) {
      value = plan.counts_bytes ? ExtractedValue::integer(static_cast<int64_t>(line.text.size()))
                                : ExtractedValue::null();
    } else if (value.is_absent()) {
      return;
    }
    if (!plan.wanted.empty()) {
      const auto text = value.as_text(run.scratch);
      if (!text || *text != plan.wanted) return;
    }
    if (plan.action == Action::increase) return plan.metric->add(line.labels, 1, now);
    if (plan.action == Action::decrease) return plan.metric->add(line.labels, -1, now);
    const auto number = value.as_number();
    if (!number) return;
    switch (plan.action) {
      case Action::add:
        return plan.metric->add(line.labels, *number, now);
      case Action::subtract:
        return plan.metric->add(line.labels, -*number, now);
      case Action::set:
        return plan.metric->set(line.labels, *number, now);
      default:
        return plan.metric->observe(line.labels, *number, now);
    }
  }

  const std::vector<MetricPlan> plans_;
};

Action action_of(std::string_view action) {
  if (action == "dec") return Action::decrease;
  if (action == "add") return Action::add;
  if (action == "sub") return Action::subtract;
  if (action == "set") return Action::set;
  return Action::increase;
}

MetricPlan plan_of(const CommonMetricArguments& common, MetricType type,
                   std::vector<double> buckets, StageContext& context) {
  const std::string prefix = common.prefix.empty() ? std::string(prefix_default) : common.prefix;
  auto metric = std::make_shared<CustomMetric>(
      prefix + common.name, common.description, type, std::move(buckets),
      std::chrono::duration_cast<std::chrono::seconds>(common.max_idle_duration).count());
  context.custom_metrics.add(metric);
  return {.metric = std::move(metric),
          .source = context.names.add(common.source),
          .wanted = common.value};
}

}  // namespace

Result<void> CommonMetricArguments::check() {
  if (source.empty()) source = name;
  if (max_idle_duration >= std::chrono::seconds(1)) return {};
  return fail("max_idle_duration must be greater or equal than 1s");
}

Result<void> CounterArguments::validate() {
  TRY(common.check());
  if (action != "inc" && action != "add") {
    return fail("the 'action' counter field must be either 'inc' or 'add'");
  }
  if (match_all && !common.value.empty()) {
    return fail("a 'counter' metric supports either 'match_all' or a 'value', but not both");
  }
  if (count_entry_bytes && (!match_all || action != "add")) {
    return fail(
        "the 'count_entry_bytes' counter field must be specified along with match_all set to true "
        "or action set to 'add'");
  }
  return {};
}

Result<void> GaugeArguments::validate() {
  TRY(common.check());
  constexpr std::string_view actions[] = {"set", "inc", "dec", "add", "sub"};
  if (std::ranges::find(actions, action) != std::end(actions)) return {};
  return fail(
      "the 'action' gauge field must be one of the following values: [set, inc, dec, add, sub]");
}

Result<void> HistogramArguments::validate() {
  TRY(common.check());
  return {};
}

Result<StagePointer> make_stage(const MetricsArguments& arguments, StageContext& context) {
  std::vector<MetricPlan> plans;
  for (const MetricArguments& metric : arguments.metrics) {
    if (metric.counter) {
      plans.push_back(plan_of(metric.counter->common, MetricType::counter, {}, context));
      plans.back().action = action_of(metric.counter->action);
      plans.back().matches_all = metric.counter->match_all;
      plans.back().counts_bytes = metric.counter->count_entry_bytes;
    } else if (metric.gauge) {
      plans.push_back(plan_of(metric.gauge->common, MetricType::gauge, {}, context));
      plans.back().action = action_of(metric.gauge->action);
    } else if (metric.histogram) {
      std::vector<double> buckets = metric.histogram->buckets;
      if (!buckets.empty() && std::isinf(buckets.back())) buckets.pop_back();
      for (size_t i = 1; i < buckets.size(); ++i) {
        if (buckets[i] <= buckets[i - 1]) {
          return fail("histogram buckets must be in increasing order");
        }
      }
      plans.push_back(plan_of(metric.histogram->common, MetricType::histogram,
                              buckets.empty() ? default_buckets() : buckets, context));
      plans.back().action = Action::observe;
    }
  }
  return std::make_unique<MetricsStage>(std::move(plans));
}

}  // namespace alloy::loki::process
