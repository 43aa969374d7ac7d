// loki.source.kubernetes_events makes log lines of the events of a Kubernetes cluster.
#include <charconv>
#include <set>

#include "components/loki/shared/saved_positions.h"
#include "components/loki/source_kubernetes_events/follower.h"
#include "components/shared/clustering_arguments.h"
#include "services/cluster.h"
#include "services/component_json.h"

namespace alloy::loki::source_kubernetes_events {

namespace {

struct Arguments {
  std::vector<LogsReceiverPointer> forward_to;
  std::string job_name = "loki.source.kubernetes_events";
  std::vector<std::string> namespaces;
  std::string log_format = "logfmt";
  kubernetes::ClientArguments client;
  ClusteringArguments clustering;

  static constexpr auto schema() {
    using A = Arguments;
    return fields(
        required<&A::forward_to>("forward_to", "Where the events go."),
        optional<&A::job_name>("job_name", "The value of the label job."),
        optional<&A::namespaces>("namespaces", "Namespaces to follow; without any, all."),
        optional<&A::log_format>("log_format", "How events are spelled: logfmt or json."),
        block<&A::client>("client", "How to reach the API server."),
        block<&A::clustering>("clustering", "How the nodes of a cluster share the namespaces."));
  }
  Result<> validate() const {
    if (job_name.empty()) return fail("job_name must not be an empty string");
    if (log_format != "logfmt" && log_format != "json")
      return fail("supported values of log_format are logfmt and json");
    return {};
  }
};

struct FollowedInfo {
  std::string name_space;
  std::string last_event_timestamp;

  static constexpr auto schema() {
    using F = FollowedInfo;
    return fields(
        required<&F::name_space>("namespace", "The namespace; empty: all."),
        required<&F::last_event_timestamp>("last_event_timestamp", "When the last event was."));
  }
};

struct DebugInfo {
  std::vector<FollowedInfo> followed;

  static constexpr auto schema() {
    return fields(
        blocks<&DebugInfo::followed>("event_controller", "A namespace that is followed."));
  }
};

class Events final : public AwaitingComponentWith<Arguments> {
 public:
  explicit Events(Options options);
  Task<Result<>> update(Arguments arguments) override;
  Task<> run(StopToken stop) override;
  std::optional<Described> debug_info() const override;

 private:
  struct Running {
    std::unique_ptr<Follower> follower;
    StopSource stop;
    bool has_ended = false;
  };
  // What followers are made of; replaced as a whole.
  struct Setup {
    Arguments arguments;
    std::shared_ptr<kubernetes::ApiClient> client;
    bool follows_alike(const Setup& other) const {
      return client == other.client && arguments.job_name == other.arguments.job_name &&
             arguments.log_format == other.arguments.log_format;
    }
  };

  std::set<std::string> own_namespaces() const;
  Task<> reconcile(StopToken stop);
  void start(const std::string& name_space);
  Task<> follow(Running* running);

  SeriesStore& store_;
  const std::shared_ptr<Forwarder> forwarder_;
  std::shared_ptr<PositionsFile> positions_;
  std::shared_ptr<const Setup> setup_;
  std::shared_ptr<const Setup> running_setup_;  // That of those that run.
  TaskGroup tasks_;
  Event changed_;
  Event ended_;

  mutable std::mutex mutex_;  // Guards the next one's keys, which debug_info() reads.
  std::map<std::string, Running> running_;
};

SeriesStore& store_of(const Options& options) {
  auto* store = options.services.find<SeriesStore>();
  ASSERT(store != nullptr);
  return *store;
}

Events::Events(Options options)
    : AwaitingComponentWith(std::move(options)),
      store_(store_of(this->options())),
      forwarder_(std::make_shared<Forwarder>(clock())),
      tasks_(this->options().strand, TaskGroup::Strands::shared) {}

Task<Result<>> Events::update(Arguments arguments) {
  if (positions_ == nullptr) {
    CO_TRY(positions_, co_await open_saved_positions(options().executor, options().data_path));
  }
  auto setup = std::make_shared<Setup>();
  if (setup_ != nullptr && setup_->arguments.client == arguments.client) {
    setup->client = setup_->client;
  } else {
    auto client = kubernetes::ApiClient::create(arguments.client, options());
    if (!client)
      co_return std::unexpected(
          std::move(client).error().with_context("building Kubernetes client config"));
    setup->client = *std::move(client);
  }
  forwarder_->set_receivers(arguments.forward_to);
  setup->arguments = std::move(arguments);
  setup_ = std::move(setup);
  changed_.notify();
  co_return Result<>();
}

// The namespaces that are this node's; "" is all of them at once.
std::set<std::string> Events::own_namespaces() const {
  const Arguments& arguments = setup_->arguments;
  std::set<std::string> names(arguments.namespaces.begin(), arguments.namespaces.end());
  if (names.empty()) names.emplace();
  const auto* cluster = arguments.clustering.enabled ? options().services.find<Cluster>() : nullptr;
  if (cluster == nullptr) return names;
  const auto view = cluster->view();
  std::erase_if(names,
                [&](const std::string& name) { return !view->owns(cluster::string_key(name)); });
  return names;
}

Task<> Events::run(StopToken stop) {
  Cluster::Subscription subscription;
  if (auto* cluster = options().services.find<Cluster>())
    subscription = cluster->subscribe([this] { changed_.notify(); });
  TaskGroup saving(options().strand, TaskGroup::Strands::shared);
  saving.spawn(keep_saving(positions_, options().executor, clock(), stop));
  while (co_await changed_.wait(stop) == Wake::notified) co_await reconcile(stop);
  for (auto& [name, running] : running_) running.stop.request_stop();
  co_await tasks_.join();
  co_await saving.join();
  co_await save_at_last(positions_, options().executor);
}

// Ends those that are not wanted, or not in this way, and starts the others.
Task<> Events::reconcile(StopToken stop) {
  const auto setup = setup_;
  const auto wanted = own_namespaces();
  const bool is_alike = running_setup_ != nullptr && running_setup_->follows_alike(*setup);
  std::vector<std::string> ending;
  for (auto& [name, running] : running_) {
    if (is_alike && wanted.contains(name)) continue;
    running.stop.request_stop();
    ending.push_back(name);
  }
  for (const std::string& name : ending) {
    // The position has to be there before somebody else goes on from it.
    while (!running_.at(name).has_ended) co_await ended_.wait({});
    const std::lock_guard lock(mutex_);
    running_.erase(name);
  }
  running_setup_ = setup;
  if (stop.stop_requested()) co_return;
  for (const std::string& name : wanted)
    if (!running_.contains(name)) start(name);
}

void Events::start(const std::string& name_space) {
  const Arguments& arguments = running_setup_->arguments;
  const FollowerEnvironment environment = {.store = store_,
                                           .forwarder = forwarder_,
                                           .positions = positions_,
                                           .clock = clock(),
                                           .logger = logger(),
                                           .metrics = options().metrics};
  const Spelling spelling = {
      .job = arguments.job_name,
      .instance = options().global_id(),
      .format = arguments.log_format == "json" ? LineFormat::json : LineFormat::logfmt};
  const std::lock_guard lock(mutex_);
  Running& running = running_[name_space];
  running.follower =
      std::make_unique<Follower>(environment, running_setup_->client, name_space, spelling);
  tasks_.spawn(follow(&running));
}

Task<> Events::follow(Running* running) {
  co_await running->follower->run(running->stop.get_token());
  running->has_ended = true;
  ended_.notify();
}

std::optional<Described> Events::debug_info() const {
  if (positions_ == nullptr) return std::nullopt;
  DebugInfo info;
  const std::lock_guard lock(mutex_);
  for (const auto& [name, running] : running_) {
    const std::string text = positions_->get(Follower::position_key(name)).value_or("0");
    int64_t microseconds = 0;
    std::from_chars(text.data(), text.data() + text.size(), microseconds);
    info.followed.push_back({.name_space = name,
                             .last_event_timestamp = format_local_time(
                                 WallTime(std::chrono::microseconds(microseconds)))});
  }
  return described(std::move(info));
}

}  // namespace
}  // namespace alloy::loki::source_kubernetes_events

namespace alloy {

extern const ComponentType loki_source_kubernetes_events;
const ComponentType loki_source_kubernetes_events = {
    .name = "loki.source.kubernetes_events",
    .doc = "Makes log lines of the events of a Kubernetes cluster.",
    .arguments = &schema_of<loki::source_kubernetes_events::Arguments>,
    .create = create<loki::source_kubernetes_events::Events>,
};

}  // namespace alloy
