// loki.source.docker follows the logs of containers of a Docker engine.
#include <algorithm>
#include <filesystem>
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "components/loki/source_docker/container_tail.h"
#include "net/url.h"
#include "services/identity.h"
#include "signals/targets.h"

namespace alloy::loki::source_docker {
namespace {

struct Arguments {
  std::string host;
  TargetList targets;
  std::vector<LogsReceiverPointer> forward_to;
  std::map<std::string, std::string> labels;
  RelabelRulesPointer relabel_rules;
  HttpClientArguments client;
  Duration refresh_interval = 1min;

  static constexpr auto schema() {
    using T = Arguments;
    return fields(
        required<&T::host>("host", "The engine: unix:///var/run/docker.sock or a URL."),
        required<&T::targets>("targets",
                              "The containers: each target's __meta_docker_container_id."),
        required<&T::forward_to>("forward_to", "Where the entries go."),
        optional<&T::labels>("labels", "Labels to give to every entry."),
        optional<&T::relabel_rules>("relabel_rules", "Rules applied to the labels of each target."),
        block<&T::client>("http_client_config", "How to talk to the engine."),
        optional<&T::refresh_interval>("refresh_interval",
                                       "How long answers of the engine, but logs, may take."));
  }
  Result<> validate() {
    if (auto url = net::parse_url(host); !url)
      return std::unexpected(std::move(url).error().with_context(
          fmt::format("failed to parse Docker host {}", quote(host))));
    if (refresh_interval <= 0s)
      return fail(fmt::format("refresh_interval must be positive, got \"{}\"",
                              format_duration(refresh_interval)),
                  ErrorKind::invalid);
    return client.validate();
  }
};

constexpr Duration save_interval = 1s;
constexpr std::string_view id_label = "__meta_docker_container_id";

// How the original tells label sets apart: 64 bits of FNV-1a. Of several targets of one container
// (it has one for each port) the least is taken.
uint64_t fingerprint(const LabelSet& labels) {
  uint64_t hash = 14695981039346656037U;
  const auto add = [&](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 1099511628211U;
    hash = (hash ^ 0xffU) * 1099511628211U;
  };
  for (size_t i = 0; i < labels.size(); ++i) {
    add(labels[i].name);
    add(labels[i].value);
  }
  return hash;
}

// The labels of each container, by its id.
std::map<std::string, LabelSet> containers_of(const Arguments& arguments) {
  std::map<std::string, LabelSet> containers;
  for (const Target& target : arguments.targets) {
    LabelBuilder builder;
    builder.reset(target.labels());
    for (const auto& [name, value] : arguments.labels) builder.put(name, value);
    LabelSet labels = builder.build();
    std::string id(labels.get(id_label));
    if (id.empty()) continue;
    const auto [at, is_new] = containers.try_emplace(std::move(id), labels);
    if (!is_new && fingerprint(labels) < fingerprint(at->second)) at->second = std::move(labels);
  }
  return containers;
}

struct TargetInfo {
  std::string id;
  std::string last_error;
  std::string labels;
  bool is_running = false;
  std::string read_offset;

  static constexpr auto schema() {
    using T = TargetInfo;
    return fields(required<&T::id>("id", "Of the container."),
                  required<&T::last_error>("last_error", "Why its logs can't be read."),
                  required<&T::labels>("labels", "Of the target."),
                  required<&T::is_running>("is_running", "Whether it is being read."),
                  required<&T::read_offset>("read_offset", "Unix time of the last line."));
  }
};

struct DebugInfo {
  std::vector<TargetInfo> targets;

  static constexpr auto schema() {
    return fields(blocks<&DebugInfo::targets>("targets_info", "The containers."));
  }
};

class Docker final : public AwaitingComponentWith<Arguments> {
 public:
  explicit Docker(Options options);
  Task<Result<>> update(Arguments arguments) override;
  Task<> run(StopToken stop) override;
  std::optional<Described> debug_info() const override;

 private:
  struct Followed {
    explicit Followed(AnyExecutor strand) : tasks(strand, TaskGroup::Strands::shared) {}
    std::shared_ptr<ContainerTail> tail;
    std::shared_ptr<const Arguments> arguments;
    StopSource stop;
    TaskGroup tasks;
  };

  Task<Result<>> open_places();
  Task<> reconcile();
  Task<> end(std::string id);
  void begin(const std::string& id, const LabelSet& labels);
  Task<> save_places(StopToken stop);

  SeriesStore& store_;
  const std::shared_ptr<Forwarder> forwarder_;
  Counter& entries_;
  Counter& parsing_errors_;
  std::shared_ptr<Places> places_;
  std::shared_ptr<const Arguments> arguments_;
  std::shared_ptr<DockerEngine> engine_;
  Event changed_;
  mutable std::mutex mutex_;  // Guards what follows against debug_info(), which only reads.
  std::map<std::string, std::unique_ptr<Followed>> followed_;
};

SeriesStore& store_of(const Options& options) {
  auto* store = options.services.find<SeriesStore>();
  ASSERT(store != nullptr);
  return *store;
}

Docker::Docker(Options options)
    : AwaitingComponentWith(std::move(options)),
      store_(store_of(this->options())),
      forwarder_(std::make_shared<Forwarder>(clock())),
      entries_(this->options().metrics.counter(
          "loki_source_docker_target_entries_total",
          "Total number of successful entries sent to the Docker target")),
      parsing_errors_(this->options().metrics.counter(
          "loki_source_docker_target_parsing_errors_total",
          "Total number of parsing errors while receiving Docker messages")) {}

Task<Result<>> Docker::open_places() {
  struct Opener {
    std::string folder;
    Result<std::shared_ptr<Places>> operator()() const {
      std::error_code error;
      std::filesystem::create_directories(folder, error);
      if (error) return fail(fmt::format("mkdir {}: {}", folder, error.message()));
      return Places::open(folder);
    }
  };
  CO_TRY(places_,
         co_await run_blocking(options().executor.blocking(), Opener{options().data_path}));
  co_return Result<>();
}

Task<Result<>> Docker::update(Arguments arguments) {
  if (places_ == nullptr) CO_TRY(co_await open_places());
  const auto* identity = options().services.find<Identity>();
  const bool is_other_engine = !engine_ || arguments.host != arguments_->host ||
                               arguments.client != arguments_->client ||
                               arguments.refresh_interval != arguments_->refresh_interval;
  if (is_other_engine) {
    auto engine = DockerEngine::create(arguments.host, arguments.client, arguments.refresh_interval,
                                       identity ? identity->user_agent : std::string(),
                                       options().executor.any());
    if (!engine)
      co_return std::unexpected(
          std::move(engine).error().with_context("failed to create docker client"));
    engine_ = std::make_shared<DockerEngine>(*std::move(engine));
  }
  forwarder_->set_receivers(arguments.forward_to);
  arguments_ = std::make_shared<const Arguments>(std::move(arguments));
  changed_.notify();
  co_return Result<>();
}

// Follows what the arguments say, and nothing else.
Task<> Docker::reconcile() {
  const auto arguments = arguments_;
  const auto engine = engine_;
  const auto wanted = containers_of(*arguments);
  std::vector<std::string> ending;
  for (const auto& [id, followed] : followed_) {
    const auto found = wanted.find(id);
    const Arguments& old = *followed->arguments;
    const bool is_same = found != wanted.end() && found->second == followed->tail->labels() &&
                         followed->tasks.running() > 0 && old.host == arguments->host &&
                         old.client == arguments->client &&
                         old.refresh_interval == arguments->refresh_interval &&
                         old.relabel_rules == arguments->relabel_rules;
    if (!is_same) ending.push_back(id);
  }
  for (const std::string& id : ending) followed_.at(id)->stop.request_stop();
  for (const std::string& id : ending) {
    co_await end(id);
    if (!wanted.contains(id)) places_->forget(id);
  }
  for (const auto& [id, labels] : wanted)
    if (!followed_.contains(id)) begin(id, labels);
}

Task<> Docker::end(std::string id) {
  Followed& followed = *followed_.at(id);
  followed.stop.request_stop();
  co_await followed.tasks.join();
  const std::lock_guard lock(mutex_);
  followed_.erase(id);
}

void Docker::begin(const std::string& id, const LabelSet& labels) {
  auto followed = std::make_unique<Followed>(options().strand);
  followed->arguments = arguments_;
  followed->tail = std::make_shared<ContainerTail>(
      Environment{.clock = clock(),
                  .store = store_,
                  .forwarder = forwarder_,
                  .places = places_,
                  .entries = entries_,
                  .parsing_errors = parsing_errors_},
      logger().with({{"component", "tailer"}, {"container", "docker/" + id}}), engine_, id, labels,
      arguments_->relabel_rules);
  followed->tasks.spawn(ContainerTail::run(followed->tail, followed->stop.get_token()));
  const std::lock_guard lock(mutex_);
  followed_.emplace(id, std::move(followed));
}

Task<> Docker::run(StopToken stop) {
  TaskGroup tasks(options().strand, TaskGroup::Strands::shared);
  tasks.spawn(save_places(stop));
  while (!stop.stop_requested()) {
    co_await reconcile();
    co_await changed_.wait(stop);
  }
  for (const auto& [id, followed] : followed_) followed->stop.request_stop();
  while (!followed_.empty()) co_await end(followed_.begin()->first);
  co_await tasks.join();
  (void)co_await run_blocking(options().executor.blocking(),
                              [places = places_] { return places->save(); });
}

Task<> Docker::save_places(StopToken stop) {
  while (co_await clock().sleep(save_interval, stop) == Wake::elapsed) {
    const auto saved = co_await run_blocking(options().executor.blocking(),
                                             [places = places_] { return places->save(); });
    if (!saved) logger().error("error writing positions file", {{"error", saved.error()}});
  }
}

std::optional<Described> Docker::debug_info() const {
  DebugInfo info;
  const std::lock_guard lock(mutex_);
  for (const auto& [id, followed] : followed_) {
    ContainerTail::Status status = followed->tail->status();
    info.targets.push_back({.id = id,
                            .last_error = std::move(status.last_error),
                            .labels = followed->tail->labels().describe(),
                            .is_running = status.is_running,
                            .read_offset = std::move(status.position)});
  }
  return described(std::move(info));
}

}  // namespace
}  // namespace alloy::loki::source_docker

namespace alloy {

extern const ComponentType loki_source_docker = {
    .name = "loki.source.docker",
    .doc = "Follows the logs of containers of a Docker engine.",
    .stability = Stability::generally_available,
    .arguments = &schema_of<loki::source_docker::Arguments>,
    .create = create<loki::source_docker::Docker>,
};

}  // namespace alloy
