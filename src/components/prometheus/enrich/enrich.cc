// prometheus.enrich gives metrics the labels of discovered targets that they belong to.
#include <mutex>

#include "component/component.h"
#include "components/prometheus/enrich/target_table.h"
#include "components/prometheus/shared/mapped_batch.h"
#include "signals/metrics_receiver.h"

namespace alloy::prometheus::enrich {
namespace {

// Results that nobody asked for in so long are given up.
constexpr Duration sweep_interval = 15min;

struct Arguments {
  TargetList targets;
  std::map<std::string, std::string> target_to_metric_match;
  std::string target_match_label;
  std::string metrics_match_label;
  std::vector<std::string> labels_to_copy;
  std::vector<MetricsReceiverPointer> forward_to;

  static constexpr auto schema() {
    using T = Arguments;
    return fields(
        required<&T::targets>("targets", "The targets whose labels metrics get."),
        optional<&T::target_to_metric_match>(
            "target_to_metric_match",
            "Labels of targets, and the labels of metrics that have to equal them."),
        optional<&T::target_match_label>("target_match_label",
                                         "The label of targets that has to match; not used with "
                                         "`target_to_metric_match`."),
        optional<&T::metrics_match_label>("metrics_match_label",
                                          "The label of metrics; by default `target_match_label`."),
        optional<&T::labels_to_copy>("labels_to_copy",
                                     "Labels that metrics get; all if there are none."),
        required<&T::forward_to>("forward_to", "Where the metrics go."));
  }
  Result<> validate() const;

  std::map<std::string, std::string> match() const;
};

Result<> Arguments::validate() const {
  if (!target_to_metric_match.empty()) return {};
  if (target_match_label.empty() && metrics_match_label.empty()) {
    return fail(
        "at least one match mechanism must be specified: set target_match_label or "
        "target_to_metric_match",
        ErrorKind::invalid);
  }
  if (target_match_label.empty()) {
    return fail("target_match_label must be set when using legacy match fields",
                ErrorKind::invalid);
  }
  return {};
}

std::map<std::string, std::string> Arguments::match() const {
  if (!target_to_metric_match.empty()) return target_to_metric_match;
  return {
      {target_match_label, metrics_match_label.empty() ? target_match_label : metrics_match_label}};
}

struct Exports {
  MetricsReceiverPointer receiver;

  static constexpr auto schema() {
    return fields(required<&Exports::receiver>("receiver", "Takes the metrics to enrich."));
  }
};

class Receiver final : public MetricsReceiver {
 public:
  Receiver(SeriesStore& store, MetricRegistry& metrics, std::string name)
      : name_(std::move(name)),
        fanout_(metrics),
        cache_size_(
            metrics.gauge("alloy_prometheus_target_cache_size", "Total size of targets cache")),
        cache_(store) {}

  void configure(const Arguments& arguments) {
    fanout_.set_receivers(arguments.forward_to);
    auto table = std::make_shared<const TargetTable>(arguments.targets, arguments.match(),
                                                     arguments.labels_to_copy);
    cache_size_.set(static_cast<double>(table->size()));
    const std::lock_guard lock(cache_.mutex());
    cache_.reset_to([table = std::move(table)](LabelBuilder& labels) { table->enrich(labels); });
  }
  void forget_unused() {
    const std::lock_guard lock(cache_.mutex());
    cache_.mark_unused();
    if (in_flight_ == 0) cache_.release_forgotten();
  }
  void close() {
    fanout_.set_receivers({});
    const std::lock_guard lock(cache_.mutex());
    is_closed_ = true;
  }
  std::string capsule_display() const override { return name_; }

  Result<void> receive(const MetricBatch& batch) override {
    MappedBatch mapped;
    {
      const std::lock_guard lock(cache_.mutex());
      if (is_closed_) return fail(name_ + " has exited");
      ++in_flight_;
      mapped.assign(batch, cache_);
    }
    auto result = fanout_.receive(mapped.batch());
    const std::lock_guard lock(cache_.mutex());
    if (--in_flight_ == 0) cache_.release_forgotten();
    return result;
  }

 private:
  const std::string name_;
  MetricsFanout fanout_;
  Gauge& cache_size_;
  RelabelCache cache_;      // What was made of each series.
  bool is_closed_ = false;  // Guarded by the cache's mutex, as what follows.
  size_t in_flight_ = 0;    // Batches whose series must stay valid.
};

class Enrich final : public ComponentWith<Arguments, Exports> {
 public:
  explicit Enrich(Options options) : ComponentWith(std::move(options)) {
    auto* store = this->options().services.find<SeriesStore>();
    ASSERT(store != nullptr);
    receiver_ = std::make_shared<Receiver>(*store, this->options().metrics,
                                           this->options().global_id() + ".receiver");
  }
  ~Enrich() override { receiver_->close(); }

  Result<> update(Arguments arguments) override {
    receiver_->configure(arguments);
    set_exports({.receiver = receiver_});
    return {};
  }
  Task<> run(StopToken stop) override {
    while (co_await clock().sleep(sweep_interval, stop) == Wake::elapsed) {
      receiver_->forget_unused();
    }
    receiver_->close();
  }

 private:
  std::shared_ptr<Receiver> receiver_;
};

}  // namespace
}  // namespace alloy::prometheus::enrich

namespace alloy {

extern const ComponentType prometheus_enrich = {
    .name = "prometheus.enrich",
    .doc = "Gives metrics the labels of discovered targets that they belong to.",
    .stability = Stability::experimental,
    .arguments = &schema_of<prometheus::enrich::Arguments>,
    .exports = &schema_of<prometheus::enrich::Exports>,
    .create = create<prometheus::enrich::Enrich>,
};

}  // namespace alloy
