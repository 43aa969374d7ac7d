// loki.write sends logs to endpoints that speak the push protocol of Loki, from a queue on disk:
// what was taken in is sent, also after an outage, a restart or a crash.
#include <algorithm>

#include <fmt/format.h>

#include "component/component.h"
#include "components/loki/write/arguments.h"
#include "components/loki/write/endpoint.h"
#include "components/loki/write/intake.h"
#include "components/loki/write/queue_metrics.h"
#include "components/loki/write/request.h"
#include "components/shared/outgoing/fleet.h"

namespace alloy::loki::write {
namespace {

// How long what could not be sent is kept, unless the arguments say so.
constexpr Duration age_max_default = 24h;

struct Endpoint : outgoing::FleetMember<EndpointPlan, Outbox> {
  std::shared_ptr<EndpointMetrics> metrics;
};
using Fleet = outgoing::Fleet<Endpoint>;

class Write final : public ComponentWith<Arguments, Exports>,
                    private outgoing::FleetOwner<Endpoint> {
 public:
  explicit Write(Options options);
  // Whoever still holds the receiver gets an error from now on.
  ~Write() override { intake_->outboxes().close(); }

  Result<> update(Arguments arguments) override;
  Task<> run(StopToken stop) override { return fleet_.run(stop); }

 private:
  // The real one shows them even where there are none.
  void fill_in(Arguments& arguments) const override {
    if (!arguments.external_labels) arguments.external_labels.emplace();
  }
  void adopt(Endpoint& endpoint, EndpointPlan plan) override;
  Logger logger_of(const EndpointPlan& plan) const override;
  std::shared_ptr<Outbox> make_outbox(const EndpointPlan& plan,
                                      std::shared_ptr<queue::Log> log) override;
  void share(Outbox& outbox, const std::vector<Endpoint*>& endpoints) override;
  std::shared_ptr<outgoing::SendObserver> observe(Endpoint& endpoint) override;

  Result<std::vector<EndpointPlan>> plan(const Arguments& arguments) const;
  void show_queues(bool as_wal);

  SeriesStore& series_;
  std::shared_ptr<Intake> intake_;
  QueueMetrics queue_metrics_;
  Fleet fleet_;
};

SeriesStore& series_store(const Options& options) {
  auto* store = options.services.find<SeriesStore>();
  ASSERT(store != nullptr);
  return *store;
}

Duration drain_time_of(const Arguments& arguments) {
  Duration longest = arguments.wal.enabled ? arguments.wal.drain_timeout : 0s;
  for (const EndpointArguments& endpoint : arguments.endpoints) {
    if (endpoint.queue) longest = std::max(longest, endpoint.queue->drain_timeout);
  }
  return longest > 0s ? longest : Fleet::drain_time_default;
}

Write::Write(Options options)
    : ComponentWith(std::move(options)),
      series_(series_store(this->options())),
      intake_(std::make_shared<Intake>(this->options().global_id() + ".receiver",
                                       this->options().services.find<MemoryBudget>(),
                                       this->options().metrics)),
      queue_metrics_(this->options().metrics),
      fleet_(*this, intake_->outboxes(), clock(), this->options().executor.any()) {}

Result<> Write::update(Arguments arguments) {
  TRY(auto plans, plan(arguments));
  TRY(fleet_.open_store(
      {.folder = options().data_path + "/queue",
       .age_max = arguments.wal.enabled ? arguments.wal.max_segment_age : age_max_default,
       .clock = clock(),
       .logger = logger(),
       .finish = finish_open_request}));
  fleet_.set_drain_time(drain_time_of(arguments));
  const auto updated = fleet_.update(std::move(plans));
  show_queues(arguments.wal.enabled);
  TRY(updated);
  set_exports({.receiver = intake_});
  return {};
}

Result<std::vector<EndpointPlan>> Write::plan(const Arguments& arguments) const {
  if (arguments.endpoints.empty())
    return fail("failed to create cliens: at least one endpoint config must be provided");
  static const Identity nobody;
  const Identity* identity = options().services.find<Identity>();
  std::vector<EndpointPlan> plans;
  for (const EndpointArguments& endpoint : arguments.endpoints) {
    if (endpoint.queue && *endpoint.queue != QueueArguments() &&
        options().stability_min != Stability::experimental) {
      return fail("changing queue_config requires stability.level flag to be experimental");
    }
    TRY(auto plan, plan_endpoint(endpoint, arguments, identity ? *identity : nobody,
                                 options().executor.any()));
    for (const EndpointPlan& other : plans) {
      if (!endpoint.name.empty() && other.identity.name == endpoint.name) {
        return fail(fmt::format(
            "failed to create cliens: duplicate endpoint configs are not allowed, found duplicate "
            "for name: {}",
            endpoint.name));
      }
      if (other.identity.url == plan.identity.url) ++plan.identity.copy;
    }
    plans.push_back(std::move(plan));
  }
  return plans;
}

void Write::adopt(Endpoint& endpoint, EndpointPlan plan) {
  endpoint.plan = std::move(plan);
  if (!endpoint.metrics || endpoint.metrics->host() != endpoint.plan.host)
    endpoint.metrics = std::make_shared<EndpointMetrics>(options().metrics, endpoint.plan.host);
}

Logger Write::logger_of(const EndpointPlan& plan) const {
  return logger().with({{"subcomponent", "endpoint"}, {"host", plan.host}});
}

std::shared_ptr<Outbox> Write::make_outbox(const EndpointPlan& plan,
                                           std::shared_ptr<queue::Log> log) {
  return std::make_shared<Outbox>(
      Outbox::Options{
          .log = std::move(log), .store = series_, .clock = clock(), .logger = logger()},
      plan.settings);
}

void Write::share(Outbox& outbox, const std::vector<Endpoint*>& endpoints) {
  std::vector<Outbox::Member> members;
  for (const Endpoint* endpoint : endpoints)
    members.push_back({endpoint->plan.identity.key(), endpoint->metrics});
  outbox.set_members(std::move(members));
}

std::shared_ptr<outgoing::SendObserver> Write::observe(Endpoint& endpoint) {
  return std::make_shared<EndpointObserver>(endpoint.metrics, clock(), logger_of(endpoint.plan));
}

void Write::show_queues(bool as_wal) {
  QueueMetrics::Subject subject{.store = fleet_.store(), .shows_wal = as_wal};
  for (const auto& endpoint : fleet_.members()) {
    const outgoing::EndpointIdentity& identity = endpoint->plan.identity;
    const std::string key = identity.key();
    subject.endpoints.push_back(
        {.id = identity.name.empty() ? fmt::format("{:016x}", queue::checksum(key)).substr(0, 6)
                                     : identity.name,
         .key = key});
  }
  queue_metrics_.set(std::move(subject));
}

}  // namespace
}  // namespace alloy::loki::write

namespace alloy {

extern const ComponentType loki_write = {
    .name = "loki.write",
    .doc = "Sends logs to endpoints that speak the push protocol of Loki.",
    .stability = Stability::generally_available,
    .arguments = &schema_of<loki::write::Arguments>,
    .exports = &schema_of<loki::write::Exports>,
    .create = create<loki::write::Write>,
};

}  // namespace alloy
