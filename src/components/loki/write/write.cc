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

namespace alloy::loki::write {
namespace {

constexpr Duration tidy_interval = 5s;
// How long what could not be sent is kept, and how long the end of the program waits for what still
// can be, unless the arguments say so.
constexpr Duration age_max_default = 24h;
constexpr Duration drain_time_default = 5s;
constexpr Duration drain_poll = 20ms;

class Write final : public ComponentWith<Arguments, Exports> {
 public:
  explicit Write(Options options);
  ~Write() override;

  Result<> update(Arguments arguments) override;
  Task<> run(StopToken stop) override;

 private:
  struct Endpoint {
    EndpointPlan plan;
    std::shared_ptr<outgoing::Sender> sender;
    std::shared_ptr<EndpointMetrics> metrics;
    std::shared_ptr<Outbox> outbox;
    StopSource stop;
    bool is_running = false;
  };
  struct RunningOutbox {
    std::shared_ptr<Outbox> outbox;
    StopSource stop;
  };
  using Endpoints = std::vector<std::unique_ptr<Endpoint>>;

  Result<std::vector<EndpointPlan>> plan(const Arguments& arguments) const;
  Result<> open_store(const Arguments& arguments);
  Endpoints adopt(std::vector<EndpointPlan> plans);
  Result<> assign_queues(const Endpoints& endpoints);
  std::shared_ptr<Outbox> outbox_for(const EndpointPlan& plan,
                                     const std::shared_ptr<queue::Log>& log,
                                     const Intake::Outboxes& present) const;
  void configure(Endpoint& endpoint);
  void show_queues(bool as_wal);
  Logger endpoint_logger(const EndpointPlan& plan) const;
  void start_new(TaskGroup& tasks);
  Task<> drain();

  SeriesStore& series_;
  std::shared_ptr<Intake> intake_;
  QueueMetrics queue_metrics_;
  std::shared_ptr<outgoing::QueueStore> store_;
  Endpoints endpoints_;
  std::vector<RunningOutbox> outboxes_;
  Duration drain_time_ = drain_time_default;
  Event changed_;
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
  return longest > 0s ? longest : drain_time_default;
}

Write::Write(Options options)
    : ComponentWith(std::move(options)),
      series_(series_store(this->options())),
      intake_(std::make_shared<Intake>(this->options().global_id() + ".receiver")),
      queue_metrics_(this->options().metrics) {}

// Whoever still holds the receiver gets an error from now on.
Write::~Write() {
  intake_->close();
  intake_->change([](const Intake::Outboxes&) { return Intake::Outboxes(); });
}

Result<> Write::update(Arguments arguments) {
  TRY(auto plans, plan(arguments));
  TRY(open_store(arguments));
  drain_time_ = drain_time_of(arguments);
  auto endpoints = adopt(std::move(plans));
  const auto assigned = assign_queues(endpoints);
  for (const auto& gone : endpoints_) {
    if (gone) gone->stop.request_stop();
  }
  endpoints_ = std::move(endpoints);
  // Without a queue (the disk failed) an endpoint rests until the next update.
  std::erase_if(endpoints_, [](const auto& endpoint) { return endpoint->outbox == nullptr; });
  for (const auto& endpoint : endpoints_) configure(*endpoint);
  show_queues(arguments.wal.enabled);
  changed_.notify();
  TRY(assigned);
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

Result<> Write::open_store(const Arguments& arguments) {
  const Duration age_max = arguments.wal.enabled ? arguments.wal.max_segment_age : age_max_default;
  if (store_) {
    store_->set_age_max(age_max);
    return {};
  }
  TRY(store_, outgoing::QueueStore::open({.folder = options().data_path + "/queue",
                                          .age_max = age_max,
                                          .clock = clock(),
                                          .logger = logger(),
                                          .finish = finish_open_request}));
  return {};
}

// Finds for each endpoint the one it was before, so that it goes on where it is.
Write::Endpoints Write::adopt(std::vector<EndpointPlan> plans) {
  std::vector<outgoing::EndpointIdentity> identities;
  std::vector<std::string> keys;
  for (const EndpointPlan& plan : plans) {
    identities.push_back(plan.identity);
    keys.push_back(plan.identity.key());
  }
  const std::vector<std::string> old_keys =
      outgoing::match_identities(identities, store_->reader_keys());
  store_->rename_readers(old_keys, keys);
  Endpoints endpoints;
  for (size_t i = 0; i < plans.size(); ++i) {
    const auto found = std::ranges::find_if(endpoints_, [&](const auto& endpoint) {
      return endpoint && endpoint->plan.identity.key() == old_keys[i];
    });
    auto endpoint = found != endpoints_.end() ? std::move(*found) : std::make_unique<Endpoint>();
    endpoint->plan = std::move(plans[i]);
    if (!endpoint->sender) {
      endpoint->sender = std::make_shared<outgoing::Sender>(
          outgoing::Sender::Options{.clock = clock(),
                                    .logger = endpoint_logger(endpoint->plan),
                                    .executor = options().executor.any()},
          keys[i]);
    }
    endpoint->sender->set_key(keys[i]);
    if (!endpoint->metrics || endpoint->metrics->host() != endpoint->plan.host) {
      endpoint->metrics = std::make_shared<EndpointMetrics>(options().metrics, endpoint->plan.host);
    }
    endpoints.push_back(std::move(endpoint));
  }
  return endpoints;
}

Logger Write::endpoint_logger(const EndpointPlan& plan) const {
  return logger().with({{"subcomponent", "endpoint"}, {"host", plan.host}});
}

// Endpoints of equal settings share an outbox; the batches stop for the time it takes.
Result<> Write::assign_queues(const Endpoints& endpoints) {
  Result<> result;
  intake_->change([&](const Intake::Outboxes& present) {
    for (const auto& outbox : present) outbox->seal();
    Intake::Outboxes chosen;
    std::vector<std::shared_ptr<queue::Log>> logs;
    std::map<uint64_t, std::vector<Endpoint*>> groups;
    for (const auto& endpoint : endpoints)
      groups[endpoint->plan.settings.hash()].push_back(endpoint.get());
    for (const auto& [settings, endpoints_of_group] : groups) {
      std::vector<std::string> keys;
      std::vector<Outbox::Member> members;
      for (const Endpoint* endpoint : endpoints_of_group) {
        keys.push_back(endpoint->plan.identity.key());
        members.push_back({keys.back(), endpoint->metrics});
      }
      auto log = store_->assign(settings, keys);
      if (!log) {
        result = std::unexpected(std::move(log).error());
        return present;
      }
      auto outbox = outbox_for(endpoints_of_group.front()->plan, *log, present);
      outbox->set_members(std::move(members));
      for (Endpoint* endpoint : endpoints_of_group) endpoint->outbox = outbox;
      logs.push_back(*log);
      chosen.push_back(std::move(outbox));
    }
    store_->set_current(std::move(logs));
    return chosen;
  });
  return result;
}

std::shared_ptr<Outbox> Write::outbox_for(const EndpointPlan& plan,
                                          const std::shared_ptr<queue::Log>& log,
                                          const Intake::Outboxes& present) const {
  for (const auto& outbox : present) {
    if (outbox->log() == log) return outbox;
  }
  return std::make_shared<Outbox>(
      Outbox::Options{.log = log, .store = series_, .clock = clock(), .logger = logger()},
      plan.settings);
}

void Write::configure(Endpoint& endpoint) {
  endpoint.plan.destination->observer =
      std::make_shared<EndpointObserver>(endpoint.metrics, clock(), endpoint_logger(endpoint.plan));
  endpoint.sender->set_destination(endpoint.plan.destination);
  endpoint.sender->set_store(store_);
  endpoint.sender->set_queues(store_->queues_of(endpoint.plan.identity.key()));
}

void Write::show_queues(bool as_wal) {
  QueueMetrics::Subject subject{.store = store_, .shows_wal = as_wal};
  for (const auto& endpoint : endpoints_) {
    const outgoing::EndpointIdentity& identity = endpoint->plan.identity;
    const std::string key = identity.key();
    subject.endpoints.push_back(
        {.id = identity.name.empty() ? fmt::format("{:016x}", queue::checksum(key)).substr(0, 6)
                                     : identity.name,
         .key = key});
  }
  queue_metrics_.set(std::move(subject));
}

Task<> Write::run(StopToken stop) {
  TaskGroup tasks(options().executor.any());
  start_new(tasks);
  while (!stop.stop_requested()) {
    if (co_await changed_.wait(stop, tidy_interval) == Wake::elapsed) store_->tidy();
    start_new(tasks);
  }
  co_await drain();
  for (const auto& endpoint : endpoints_) endpoint->stop.request_stop();
  for (RunningOutbox& running : outboxes_) running.stop.request_stop();
  co_await tasks.join();
  // What came meanwhile stays for the next run.
  for (const auto& outbox : intake_->outboxes()) outbox->seal();
}

void Write::start_new(TaskGroup& tasks) {
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

// Sends what can be sent in a short time; the rest waits on disk for the next start.
Task<> Write::drain() {
  for (const auto& outbox : intake_->outboxes()) outbox->seal();
  for (const auto& endpoint : endpoints_) endpoint->sender->set_hurry();
  for (Duration waited = 0s; waited < drain_time_; waited += drain_poll) {
    const bool done = std::ranges::all_of(
        endpoints_, [](const auto& endpoint) { return endpoint->sender->is_done(); });
    if (done) break;
    co_await sleep_for(drain_poll, {});
  }
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
