// prometheus.relabel rewrites the labels of metrics on their way from one component to another.
#include "component/component.h"
#include "components/prometheus/relabel/receiver.h"

namespace alloy::prometheus::relabel {
namespace {

struct Arguments {
  std::vector<MetricsReceiverPointer> forward_to;
  std::vector<RelabelRule> rules;
  int64_t max_cache_size = 100'000;
  Duration cache_ttl = 0s;

  static constexpr auto schema() {
    return fields(
        required<&Arguments::forward_to>("forward_to", "Where the metrics go."),
        blocks<&Arguments::rules>("rule", "Relabelling rules, applied to each series in order."),
        optional<&Arguments::max_cache_size>(
            "max_cache_size",
            "Kept for compatibility: results are remembered for all active series."),
        optional<&Arguments::cache_ttl>(
            "cache_ttl", "How long the result of a series without samples is remembered."));
  }
  Result<void> validate() const;
};

Result<void> Arguments::validate() const {
  if (cache_ttl < 0s) return fail("cache_ttl must be greater than or equal to 0");
  if (cache_ttl > 0s && max_cache_size > 0) {
    return fail(
        "max_cache_size and cache_ttl are mutually exclusive: set max_cache_size = 0 to use "
        "cache_ttl, or unset cache_ttl to keep the bounded LRU cache");
  }
  if (cache_ttl == 0s && max_cache_size <= 0) {
    return fail("max_cache_size must be greater than 0 and is " + std::to_string(max_cache_size));
  }
  return {};
}

struct Exports {
  MetricsReceiverPointer receiver;
  RelabelRulesPointer rules;

  static constexpr auto schema() {
    return fields(required<&Exports::receiver>("receiver", "Takes the metrics to relabel."),
                  required<&Exports::rules>("rules", "The rules, for use by other components."));
  }
};

// What a rule does to series: where cardinality comes from and goes.
struct RuleInfo {
  std::string action;
  std::vector<std::string> source_labels;
  std::string target_label;
  uint64_t series_in = 0;
  uint64_t series_changed = 0;
  uint64_t series_dropped = 0;
  uint64_t series_out = 0;

  static constexpr auto schema() {
    using T = RuleInfo;
    return fields(
        required<&T::action>("action", "The action of the rule."),
        optional<&T::source_labels>("source_labels", "The labels that it looks at."),
        optional<&T::target_label>("target_label", "The label that it makes."),
        required<&T::series_in>("series_in", "Series that came to it since the rules were set."),
        required<&T::series_changed>("series_changed", "Series whose labels it changed."),
        required<&T::series_dropped>("series_dropped", "Series that it dropped."),
        required<&T::series_out>("series_out", "Series that it passed on."));
  }
};

struct DebugInfo {
  uint64_t series = 0;
  std::vector<RuleInfo> rules;

  static constexpr auto schema() {
    return fields(required<&DebugInfo::series>("series", "Series that are remembered now."),
                  blocks<&DebugInfo::rules>("rule", "What a rule does, in their order."));
  }
};

// How long results of series without samples are kept unless the arguments say so.
constexpr Duration unused_max_default = 30min;

class Relabel final : public ComponentWith<Arguments, Exports> {
 public:
  explicit Relabel(Options options);
  Result<> update(Arguments arguments) override;
  Task<> run(StopToken stop) override;
  std::optional<Described> debug_info() const override;

 private:
  std::shared_ptr<Receiver> receiver_;  // Made by the first update(), and never another.
  Duration unused_max_ = unused_max_default;
};

Relabel::Relabel(Options options) : ComponentWith(std::move(options)) {}

Result<> Relabel::update(Arguments arguments) {
  if (receiver_ == nullptr) {
    auto* store = options().services.find<SeriesStore>();
    ASSERT(store != nullptr);
    receiver_ =
        std::make_shared<Receiver>(*store, options().metrics, options().global_id() + ".receiver",
                                   LiveMetrics(options(), *store));
  }
  const auto rules = std::make_shared<const RelabelRules>(std::move(arguments.rules));
  unused_max_ = arguments.cache_ttl > 0s ? arguments.cache_ttl : unused_max_default;
  receiver_->configure(rules, std::move(arguments.forward_to));
  set_exports({.receiver = receiver_, .rules = rules});
  return {};
}

std::optional<Described> Relabel::debug_info() const {
  if (receiver_ == nullptr) return std::nullopt;
  const Receiver::Cardinality cardinality = receiver_->cardinality();
  DebugInfo info{.series = cardinality.series};
  for (size_t i = 0; i < cardinality.rules.size(); ++i) {
    const RelabelRule& rule = cardinality.rules[i];
    const RelabelCache::RuleCounts& counts = cardinality.counts[i];
    info.rules.push_back({.action = std::string(name_of(rule.action)),
                          .source_labels = rule.source_labels,
                          .target_label = rule.target_label,
                          .series_in = counts.series_in,
                          .series_changed = counts.changed,
                          .series_dropped = counts.dropped,
                          .series_out = counts.series_in - counts.dropped});
  }
  return described(std::move(info));
}

Task<> Relabel::run(StopToken stop) {
  // An entry goes at the second sweep that finds it unused.
  while (co_await clock().sleep(std::max<Duration>(unused_max_ / 2, 1s), stop) == Wake::elapsed) {
    receiver_->forget_unused();
  }
  receiver_->close();
}

}  // namespace
}  // namespace alloy::prometheus::relabel

namespace alloy {

extern const ComponentType prometheus_relabel;
const ComponentType prometheus_relabel = {
    .name = "prometheus.relabel",
    .doc = "Rewrites the labels of metrics with relabelling rules.",
    .supports_live_debugging = true,
    .arguments = &schema_of<prometheus::relabel::Arguments>,
    .exports = &schema_of<prometheus::relabel::Exports>,
    .create = create<prometheus::relabel::Relabel>,
};

}  // namespace alloy
