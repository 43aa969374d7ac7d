// prometheus.remote_write sends metrics to endpoints that speak Prometheus remote write, from a
// queue on disk: what was taken in is sent, also after an outage, a restart or a crash.
#include <algorithm>

#include <fmt/format.h>

#include "base/memory_budget.h"
#include "component/component.h"
#include "components/prometheus/remote_write/arguments.h"
#include "components/prometheus/remote_write/endpoint.h"
#include "components/prometheus/remote_write/endpoint_observer.h"
#include "components/prometheus/remote_write/intake.h"
#include "components/prometheus/remote_write/queue_metrics.h"
#include "components/prometheus/remote_write/shards.h"
#include "components/prometheus/shared/live_metrics.h"
#include "components/shared/outgoing/fleet.h"

namespace alloy::prometheus::remote_write {
namespace {

struct Endpoint : outgoing::FleetMember<EndpointPlan, Outbox> {
  std::shared_ptr<EndpointView> view = std::make_shared<EndpointView>();
  std::shared_ptr<EndpointMetrics> metrics;
};

class RemoteWrite final : public ComponentWith<Arguments, Exports>,
                          private outgoing::FleetOwner<Endpoint> {
 public:
  explicit RemoteWrite(Options options);
  // Whoever still holds the receiver gets an error from now on.
  ~RemoteWrite() override { intake_->outboxes().close(); }

  Result<> update(Arguments arguments) override;
  Task<> run(StopToken stop) override { return fleet_.run(stop); }

 private:
  void fill_in(Arguments& arguments) const override;
  void adopt(Endpoint& endpoint, EndpointPlan plan) override;
  Logger logger_of(const EndpointPlan& plan) const override;
  std::shared_ptr<Outbox> make_outbox(const EndpointPlan& plan,
                                      std::shared_ptr<queue::Log> log) override;
  std::shared_ptr<outgoing::SendObserver> observe(Endpoint& endpoint) override;
  void housekeep() override;

  Result<> open_store(const WalArguments& wal);
  Result<std::vector<EndpointPlan>> plan(const Arguments& arguments) const;

  SeriesStore& series_;
  std::shared_ptr<Intake> intake_;
  QueueMetrics queue_metrics_;
  outgoing::Fleet<Endpoint> fleet_;
  std::map<std::shared_ptr<Outbox>, Shards> shards_;
  WalArguments wal_;
  SteadyTime swept_at_;
  std::shared_ptr<void> relief_;  // Gives memory back when it is tight.
};

SeriesStore& series_store(const Options& options) {
  auto* store = options.services.find<SeriesStore>();
  ASSERT(store != nullptr);
  return *store;
}

RemoteWrite::RemoteWrite(Options options)
    : ComponentWith(std::move(options)),
      series_(series_store(this->options())),
      intake_(std::make_shared<Intake>(this->options().global_id() + ".receiver",
                                       this->options().metrics,
                                       this->options().services.find<MetricRegistry>())),
      queue_metrics_(this->options().metrics, intake_),
      fleet_(*this, intake_->outboxes(), clock(), this->options().executor.any()),
      swept_at_(clock().steady()) {
  intake_->set_observer([live = LiveMetrics(this->options(), series_)](const MetricBatch& batch) {
    live.show(batch);
  });
  if (auto* memory = this->options().services.find<MemoryBudget>()) {
    relief_ = memory->on_tight([weak = std::weak_ptr(intake_)] {
      const auto intake = weak.lock();
      if (!intake) return;
      for (const auto& outbox : intake->outboxes().all()) outbox->give_back();
    });
  }
}

Result<> RemoteWrite::update(Arguments arguments) {
  TRY(auto plans, plan(arguments));
  TRY(open_store(arguments.wal));
  TRY(fleet_.update(std::move(plans)));
  set_exports({.receiver = intake_});
  return {};
}

Result<> RemoteWrite::open_store(const WalArguments& wal) {
  wal_ = wal;
  const bool is_first = fleet_.store() == nullptr;
  const SteadyTime begin = clock().steady();
  TRY(fleet_.open_store({.folder = options().data_path + "/queue",
                         .age_max = wal.max_keepalive_time,
                         .clock = clock(),
                         .logger = logger(),
                         .finish = finish_open_request}));
  const Duration took = clock().steady() - begin;
  if (is_first)
    queue_metrics_.set_store(fleet_.store(), std::chrono::duration<double>(took).count());
  return {};
}

Result<std::vector<EndpointPlan>> RemoteWrite::plan(const Arguments& arguments) const {
  static const Identity nobody;
  const Identity* identity = options().services.find<Identity>();
  std::vector<EndpointPlan> plans;
  for (const EndpointArguments& endpoint : arguments.endpoints) {
    TRY(auto plan, plan_endpoint(endpoint, arguments.external_labels, identity ? *identity : nobody,
                                 options().stability_min, options().executor, clock()));
    for (const EndpointPlan& other : plans) {
      const bool same =
          other.identity.name == plan.identity.name && other.identity.url == plan.identity.url;
      if (same) ++plan.identity.copy;
    }
    if (plan.identity.copy > 0) plan.remote_name += fmt::format("-{}", plan.identity.copy);
    plans.push_back(std::move(plan));
  }
  return plans;
}

void RemoteWrite::adopt(Endpoint& endpoint, EndpointPlan plan) {
  const bool same_labels = endpoint.metrics && endpoint.plan.remote_name == plan.remote_name &&
                           endpoint.plan.destination->shown_url == plan.destination->shown_url;
  endpoint.plan = std::move(plan);
  if (same_labels) return;
  endpoint.metrics = std::make_shared<EndpointMetrics>(options().metrics, endpoint.plan.remote_name,
                                                       endpoint.plan.destination->shown_url,
                                                       readings_of(endpoint.view));
}

Logger RemoteWrite::logger_of(const EndpointPlan& plan) const {
  return logger().with({{"subcomponent", "rw"}, {"remote_name", plan.remote_name}});
}

std::shared_ptr<Outbox> RemoteWrite::make_outbox(const EndpointPlan& plan,
                                                 std::shared_ptr<queue::Log> log) {
  return std::make_shared<Outbox>(
      Outbox::Options{
          .log = std::move(log), .store = series_, .clock = clock(), .logger = logger()},
      plan.settings);
}

std::shared_ptr<outgoing::SendObserver> RemoteWrite::observe(Endpoint& endpoint) {
  endpoint.view->set(endpoint.outbox, fleet_.store(), endpoint.plan);
  return std::make_shared<EndpointObserver>(endpoint.metrics, endpoint.plan, clock(),
                                            logger_of(endpoint.plan));
}

void RemoteWrite::fill_in(Arguments& arguments) const {
  const auto* identity = options().services.find<Identity>();
  if (identity == nullptr || identity->uid.empty()) return;
  for (EndpointArguments& endpoint : arguments.endpoints) {
    if (endpoint.headers.empty()) continue;  // The real one sends them too, but shows nothing.
    endpoint.headers.emplace("X-Agent-Id", identity->uid);
    endpoint.headers.emplace("X-Alloy-Id", identity->uid);
  }
}

// Sees to it that requests go side by side where one after the other is too slow.
void RemoteWrite::housekeep() {
  const auto outboxes = intake_->outboxes().all();
  std::erase_if(shards_, [&](const auto& entry) {
    return std::ranges::find(outboxes, entry.first) == outboxes.end();
  });
  for (const auto& outbox : outboxes) {
    ShardLoad load;
    for (const auto& endpoint : fleet_.members()) {
      if (endpoint->outbox != outbox) continue;
      // What waits for a tenant's limit would not go faster side by side.
      const outgoing::Sender& sender = *endpoint->sender;
      const uint64_t aside = sender.records_set_aside();
      load.add(endpoint->plan.queue, std::max(sender.records_pending(), aside) - aside,
               sender.is_failing());
    }
    outbox->set_lanes(shards_[outbox].next(load));
  }
  const SteadyTime now = clock().steady();
  if (now - swept_at_ < wal_.truncate_frequency) return;
  swept_at_ = now;
  intake_->series().sweep();
}

}  // namespace
}  // namespace alloy::prometheus::remote_write

namespace alloy {

extern const ComponentType prometheus_remote_write = {
    .name = "prometheus.remote_write",
    .doc = "Sends metrics to endpoints that speak Prometheus remote write.",
    .stability = Stability::generally_available,
    .supports_live_debugging = true,
    .arguments = &schema_of<prometheus::remote_write::Arguments>,
    .exports = &schema_of<prometheus::remote_write::Exports>,
    .create = create<prometheus::remote_write::RemoteWrite>,
};

}  // namespace alloy
