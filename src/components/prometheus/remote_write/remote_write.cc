// prometheus.remote_write sends metrics to endpoints that speak Prometheus remote write, from a
// queue on disk: what was taken in is sent, also after an outage, a restart or a crash.
#include <algorithm>

#include <fmt/format.h>

#include "component/component.h"
#include "components/prometheus/remote_write/arguments.h"
#include "components/prometheus/remote_write/endpoint.h"
#include "components/prometheus/remote_write/endpoint_observer.h"
#include "components/prometheus/remote_write/intake.h"
#include "components/prometheus/remote_write/queue_metrics.h"
#include "components/prometheus/remote_write/shards.h"
#include "components/prometheus/shared/live_metrics.h"

namespace alloy::prometheus::remote_write {
namespace {

constexpr Duration tidy_interval = 5s;
// How long the end of the program waits for what can still be sent.
constexpr Duration drain_time_max = 5s;
constexpr Duration drain_poll = 20ms;

class RemoteWrite final : public ComponentWith<Arguments, Exports> {
 public:
  explicit RemoteWrite(Options options);
  ~RemoteWrite() override;

  Result<> update(Arguments arguments) override;
  Task<> run(StopToken stop) override;

 private:
  struct Endpoint {
    EndpointPlan plan;
    std::shared_ptr<outgoing::Sender> sender;
    std::shared_ptr<EndpointView> view = std::make_shared<EndpointView>();
    std::shared_ptr<EndpointMetrics> metrics;
    std::shared_ptr<Outbox> outbox;
    StopSource stop;
    bool is_running = false;
  };
  struct RunningOutbox {
    std::shared_ptr<Outbox> outbox;
    StopSource stop;
    Shards shards;
  };

  Result<> open_store(const WalArguments& wal);
  Result<std::vector<EndpointPlan>> plan(const Arguments& arguments) const;
  std::vector<std::unique_ptr<Endpoint>> adopt(std::vector<EndpointPlan> plans);
  Result<> assign_queues(const std::vector<std::unique_ptr<Endpoint>>& endpoints);
  std::shared_ptr<Outbox> outbox_for(const EndpointPlan& plan,
                                     const std::shared_ptr<queue::Log>& log,
                                     const Intake::Outboxes& present) const;
  void configure(Endpoint& endpoint);
  std::shared_ptr<outgoing::Sender> make_sender(const EndpointPlan& plan) const;
  Logger endpoint_logger(const EndpointPlan& plan) const;
  void start_new(TaskGroup& tasks);
  void housekeep();
  Task<> drain();

  SeriesStore& series_;
  std::shared_ptr<Intake> intake_;
  QueueMetrics queue_metrics_;
  std::shared_ptr<outgoing::QueueStore> store_;
  std::vector<std::unique_ptr<Endpoint>> endpoints_;
  std::vector<RunningOutbox> outboxes_;
  WalArguments wal_;
  SteadyTime swept_at_;
  Event changed_;
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
      swept_at_(clock().steady()) {
  intake_->set_observer([live = LiveMetrics(this->options(), series_)](const MetricBatch& batch) {
    live.show(batch);
  });
}

// Whoever still holds the receiver gets an error from now on.
RemoteWrite::~RemoteWrite() {
  intake_->close();
  intake_->change([](const Intake::Outboxes&) { return Intake::Outboxes(); });
}

Result<> RemoteWrite::update(Arguments arguments) {
  TRY(auto plans, plan(arguments));
  TRY(open_store(arguments.wal));
  auto endpoints = adopt(std::move(plans));
  const auto assigned = assign_queues(endpoints);
  for (const auto& gone : endpoints_) {
    if (gone) gone->stop.request_stop();
  }
  endpoints_ = std::move(endpoints);
  // Without a queue (the disk failed) an endpoint rests until the next update.
  std::erase_if(endpoints_, [](const auto& endpoint) { return endpoint->outbox == nullptr; });
  for (const auto& endpoint : endpoints_) configure(*endpoint);
  changed_.notify();
  TRY(assigned);
  set_exports({.receiver = intake_});
  return {};
}

Result<> RemoteWrite::open_store(const WalArguments& wal) {
  wal_ = wal;
  if (store_) {
    store_->set_age_max(wal.max_keepalive_time);
    return {};
  }
  const SteadyTime begin = clock().steady();
  TRY(store_, outgoing::QueueStore::open({.folder = options().data_path + "/queue",
                                          .age_max = wal.max_keepalive_time,
                                          .clock = clock(),
                                          .logger = logger(),
                                          .finish = finish_open_request}));
  const Duration took = clock().steady() - begin;
  queue_metrics_.set_store(store_, std::chrono::duration<double>(took).count());
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

// Finds for each endpoint the one it was before, so that it goes on where it is.
std::vector<std::unique_ptr<RemoteWrite::Endpoint>> RemoteWrite::adopt(
    std::vector<EndpointPlan> plans) {
  std::vector<outgoing::EndpointIdentity> identities;
  std::vector<std::string> keys;
  for (const EndpointPlan& plan : plans) {
    identities.push_back(plan.identity);
    keys.push_back(plan.identity.key());
  }
  const std::vector<std::string> old_keys =
      outgoing::match_identities(identities, store_->reader_keys());
  store_->rename_readers(old_keys, keys);
  std::vector<std::unique_ptr<Endpoint>> endpoints;
  for (size_t i = 0; i < plans.size(); ++i) {
    const auto found = std::ranges::find_if(endpoints_, [&](const auto& endpoint) {
      return endpoint && endpoint->plan.identity.key() == old_keys[i];
    });
    auto endpoint = found != endpoints_.end() ? std::move(*found) : std::make_unique<Endpoint>();
    const bool same_labels =
        endpoint->metrics && endpoint->plan.remote_name == plans[i].remote_name &&
        endpoint->plan.destination->shown_url == plans[i].destination->shown_url;
    endpoint->plan = std::move(plans[i]);
    if (!endpoint->sender) endpoint->sender = make_sender(endpoint->plan);
    endpoint->sender->set_key(keys[i]);
    if (!same_labels) {
      endpoint->metrics = std::make_shared<EndpointMetrics>(
          options().metrics, endpoint->plan.remote_name, endpoint->plan.destination->shown_url,
          readings_of(endpoint->view));
    }
    endpoints.push_back(std::move(endpoint));
  }
  return endpoints;
}

Logger RemoteWrite::endpoint_logger(const EndpointPlan& plan) const {
  return logger().with({{"subcomponent", "rw"}, {"remote_name", plan.remote_name}});
}

std::shared_ptr<outgoing::Sender> RemoteWrite::make_sender(const EndpointPlan& plan) const {
  const std::string key = plan.identity.key();
  auto sender = std::make_shared<outgoing::Sender>(
      outgoing::Sender::Options{
          .clock = clock(), .logger = endpoint_logger(plan), .executor = options().executor.any()},
      key);
  return sender;
}

// Endpoints of equal settings share an outbox; the batches stop for the time it takes.
Result<> RemoteWrite::assign_queues(const std::vector<std::unique_ptr<Endpoint>>& endpoints) {
  Result<> result;
  intake_->change([&](const Intake::Outboxes& present) {
    for (const auto& outbox : present) outbox->seal();
    Intake::Outboxes chosen;
    std::vector<std::shared_ptr<queue::Log>> logs;
    std::map<uint64_t, std::vector<Endpoint*>> groups;
    for (const auto& endpoint : endpoints) {
      groups[endpoint->plan.settings.hash()].push_back(endpoint.get());
    }
    for (const auto& [settings, members] : groups) {
      std::vector<std::string> keys;
      for (const Endpoint* member : members) keys.push_back(member->plan.identity.key());
      auto log = store_->assign(settings, keys);
      if (!log) {
        result = std::unexpected(std::move(log).error());
        return present;
      }
      auto outbox = outbox_for(members.front()->plan, *log, present);
      for (Endpoint* member : members) member->outbox = outbox;
      logs.push_back(*log);
      chosen.push_back(std::move(outbox));
    }
    store_->set_current(std::move(logs));
    return chosen;
  });
  return result;
}

std::shared_ptr<Outbox> RemoteWrite::outbox_for(const EndpointPlan& plan,
                                                const std::shared_ptr<queue::Log>& log,
                                                const Intake::Outboxes& present) const {
  for (const auto& outbox : present) {
    if (outbox->log() == log) return outbox;
  }
  return std::make_shared<Outbox>(
      Outbox::Options{.log = log, .store = series_, .clock = clock(), .logger = logger()},
      plan.settings);
}

void RemoteWrite::configure(Endpoint& endpoint) {
  endpoint.view->set(endpoint.outbox, store_, endpoint.plan);
  endpoint.plan.destination->observer = std::make_shared<EndpointObserver>(
      endpoint.metrics, endpoint.plan, clock(), endpoint_logger(endpoint.plan));
  endpoint.sender->set_destination(endpoint.plan.destination);
  endpoint.sender->set_store(store_);
  endpoint.sender->set_queues(store_->queues_of(endpoint.plan.identity.key()));
}

Task<> RemoteWrite::run(StopToken stop) {
  TaskGroup tasks(options().executor.any());
  start_new(tasks);
  while (!stop.stop_requested()) {
    if (co_await changed_.wait(stop, tidy_interval) == Wake::elapsed) housekeep();
    start_new(tasks);
  }
  co_await drain();
  for (const auto& endpoint : endpoints_) endpoint->stop.request_stop();
  for (RunningOutbox& running : outboxes_) running.stop.request_stop();
  co_await tasks.join();
  // What came meanwhile stays for the next run.
  for (const auto& outbox : intake_->outboxes()) outbox->seal();
}

void RemoteWrite::start_new(TaskGroup& tasks) {
  const Intake::Outboxes present = intake_->outboxes();
  std::erase_if(outboxes_, [&](RunningOutbox& running) {
    if (std::ranges::find(present, running.outbox) != present.end()) return false;
    running.stop.request_stop();
    return true;
  });
  for (const auto& outbox : present) {
    if (std::ranges::find(outboxes_, outbox, &RunningOutbox::outbox) != outboxes_.end()) continue;
    RunningOutbox running{.outbox = outbox};
    tasks.spawn(Outbox::run(outbox, running.stop.get_token()));
    outboxes_.push_back(std::move(running));
  }
  for (const auto& endpoint : endpoints_) {
    if (std::exchange(endpoint->is_running, true)) continue;
    tasks.spawn(outgoing::Sender::run(endpoint->sender, endpoint->stop.get_token()));
  }
}

void RemoteWrite::housekeep() {
  store_->tidy();
  for (RunningOutbox& running : outboxes_) {
    ShardLoad load;
    for (const auto& endpoint : endpoints_) {
      if (endpoint->outbox != running.outbox) continue;
      load.add(endpoint->plan.queue, endpoint->sender->records_pending(),
               endpoint->sender->is_failing());
    }
    running.outbox->set_lanes(running.shards.next(load));
  }
  const SteadyTime now = clock().steady();
  if (now - swept_at_ < wal_.truncate_frequency) return;
  swept_at_ = now;
  intake_->series().sweep();
}

// Sends what can be sent in a short time; the rest waits on disk for the next start.
Task<> RemoteWrite::drain() {
  for (const auto& outbox : intake_->outboxes()) outbox->seal();
  for (const auto& endpoint : endpoints_) endpoint->sender->set_hurry();
  for (Duration waited = 0s; waited < drain_time_max; waited += drain_poll) {
    const bool done = std::ranges::all_of(
        endpoints_, [](const auto& endpoint) { return endpoint->sender->is_done(); });
    if (done) break;
    co_await sleep_for(drain_poll, {});
  }
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
