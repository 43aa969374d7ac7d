// loki.source.podlogs reads the logs of the containers that PodLogs resources of a Kubernetes
// cluster ask for.
#include <cstdlib>

#include "components/loki/shared/pod_tail/pod_tailers.h"
#include "components/loki/shared/saved_positions.h"
#include "components/loki/source_podlogs/pod_logs.h"
#include "components/shared/clustering_arguments.h"
#include "services/cluster.h"

namespace alloy::loki::source_podlogs {
namespace {

struct NodeFilter {
  bool enabled = false;
  std::string node_name;

  static constexpr auto schema() {
    return fields(
        optional<&NodeFilter::enabled>("enabled", "Whether only one node's pods are looked at."),
        optional<&NodeFilter::node_name>(
            "node_name", "That node; empty: what the environment's NODE_NAME says."));
  }
  // Empty: all nodes.
  std::string node() const {
    if (!enabled) return {};
    if (!node_name.empty()) return node_name;
    const char* from_environment = std::getenv("NODE_NAME");
    return from_environment != nullptr ? from_environment : "";
  }
  bool operator==(const NodeFilter&) const = default;
};

struct Arguments {
  std::vector<LogsReceiverPointer> forward_to;
  kubernetes::ClientArguments client;
  kubernetes::LabelSelectorArguments selector;
  kubernetes::LabelSelectorArguments namespace_selector;
  bool tail_from_end = false;
  NodeFilter node_filter;
  bool preserve_discovered_labels = false;
  ClusteringArguments clustering;

  static constexpr auto schema() {
    using A = Arguments;
    return fields(
        required<&A::forward_to>("forward_to", "Where the entries go."),
        block<&A::client>("client", "How to reach the API server."),
        block<&A::selector>("selector", "Which PodLogs count, by their labels."),
        block<&A::namespace_selector>("namespace_selector",
                                      "Which PodLogs count, by the labels of their namespace."),
        optional<&A::tail_from_end>("tail_from_end",
                                    "Begins at the end of logs that have no position yet."),
        block<&A::node_filter>("node_filter", "Looks only at the pods of one node."),
        optional<&A::preserve_discovered_labels>(
            "preserve_discovered_labels", "Keeps the labels __meta_* for those who come after."),
        block<&A::clustering>("clustering", "How the nodes of a cluster share the containers."));
  }
};

struct DebugInfo {
  std::vector<PodLogsInfo> pod_logs;
  std::vector<PodTargetInfo> targets;

  static constexpr auto schema() {
    using D = DebugInfo;
    return fields(blocks<&D::pod_logs>("pod_logs", "A PodLogs that counts."),
                  blocks<&D::targets>("target", "A container that is read."));
  }
};

// What changes less often than pods do; replaced as a whole.
struct Setup {
  Arguments arguments;
  kubernetes::LabelSelector selector;
  kubernetes::LabelSelector namespace_selector;
  std::shared_ptr<kubernetes::ApiClient> client;

  // Whether the same objects are followed.
  bool follows_alike(const Setup& other) const {
    return client == other.client &&
           arguments.node_filter.node() == other.arguments.node_filter.node();
  }
};

class SourcePodLogs final : public AwaitingComponentWith<Arguments> {
 public:
  explicit SourcePodLogs(Options options)
      : AwaitingComponentWith(std::move(options)),
        forwarder_(std::make_shared<Forwarder>(clock())),
        tailers_(this->options(), forwarder_, "loki_source_podlogs_dropped_lines_total") {}
  Task<Result<>> update(Arguments arguments) override;
  Task<> run(StopToken stop) override;
  std::optional<Described> debug_info() const override;

 private:
  Task<> follow(StopToken stop);
  Task<> follow_once(StopToken stop);
  void reconcile(const kubernetes::ObjectWatch& cluster);
  WantedPods distribute(std::vector<PodTarget> targets) const;

  const std::shared_ptr<Forwarder> forwarder_;
  PodTailers tailers_;
  std::shared_ptr<PositionsFile> positions_;
  std::shared_ptr<const Setup> setup_;
  std::shared_ptr<kubernetes::ObjectWatch> cluster_;  // While it is followed.
  Event changed_;                                     // The setup, or who shares the work.

  mutable std::mutex mutex_;  // Guards the next one.
  std::vector<PodLogsInfo> infos_;
};

Task<Result<>> SourcePodLogs::update(Arguments arguments) {
  auto setup = std::make_shared<Setup>();
  CO_TRY(setup->selector, kubernetes::LabelSelector::create(arguments.selector));
  CO_TRY(setup->namespace_selector,
         kubernetes::LabelSelector::create(arguments.namespace_selector));
  if (positions_ == nullptr) {
    CO_TRY(positions_, co_await open_saved_positions(options().executor, options().data_path));
    tailers_.set_positions(positions_);
  }
  forwarder_->set_receivers(arguments.forward_to);
  if (setup_ != nullptr && setup_->arguments.client == arguments.client) {
    setup->client = setup_->client;
  } else {
    auto client = kubernetes::ApiClient::create(arguments.client, options());
    if (!client)
      co_return std::unexpected(
          std::move(client).error().with_context("building Kubernetes config"));
    setup->client = *std::move(client);
  }
  if (setup_ == nullptr || setup_->client != setup->client ||
      setup_->arguments.tail_from_end != arguments.tail_from_end)
    tailers_.update(setup->client, arguments.tail_from_end);
  setup->arguments = std::move(arguments);
  setup_ = std::move(setup);
  changed_.notify();
  co_return Result<>();
}

Task<> SourcePodLogs::run(StopToken stop) {
  Cluster::Subscription subscription;
  if (auto* cluster = options().services.find<Cluster>())
    subscription = cluster->subscribe([this] { changed_.notify(); });
  TaskGroup following(options().strand, TaskGroup::Strands::shared);
  following.spawn(follow(stop));
  co_await tailers_.run(stop);
  co_await following.join();
}

// Follows the cluster, anew whenever other objects are to be followed.
Task<> SourcePodLogs::follow(StopToken stop) {
  while (!stop.stop_requested()) {
    const auto setup = setup_;
    kubernetes::Selectors of_node;
    const std::string node = setup->arguments.node_filter.node();
    if (!node.empty()) of_node.field = "spec.nodeName=" + node;
    const auto is_on_node = [node](const kubernetes::ClusterObject& pod) {
      return static_cast<const kubernetes::Pod&>(pod).node_name == node;
    };
    std::vector<kubernetes::ObjectWatch::Wanted> wanted = {{&pod_logs_type, "", {}},
                                                           {&kubernetes::namespace_type, "", {}},
                                                           {&kubernetes::pod_type, "", of_node}};
    if (!node.empty()) wanted.back().filter = is_on_node;
    cluster_ = std::make_shared<kubernetes::ObjectWatch>(setup->client, std::move(wanted), clock(),
                                                         logger());
    co_await follow_once(stop);
  }
  cluster_.reset();
}

// Until something else is to be followed.
Task<> SourcePodLogs::follow_once(StopToken stop) {
  const auto setup = setup_;
  const auto cluster = cluster_;
  StopSource other;
  const std::stop_callback pass_on(stop, [&other] { other.request_stop(); });
  TaskGroup tasks(options().strand, TaskGroup::Strands::shared);
  tasks.spawn(cluster->run(other.get_token()));
  struct Wait {
    static Task<> run(SourcePodLogs* self, std::shared_ptr<const Setup> begun, StopSource* end) {
      const StopToken stop = end->get_token();
      while (co_await self->changed_.wait(stop) == Wake::notified) {
        if (self->setup_->follows_alike(*begun)) {
          self->reconcile(*self->cluster_);
          continue;
        }
        end->request_stop();
      }
    }
  };
  tasks.spawn(Wait::run(this, setup, &other));
  while (co_await cluster->next(other.get_token())) reconcile(*cluster);
  co_await tasks.join();
}

void SourcePodLogs::reconcile(const kubernetes::ObjectWatch& cluster) {
  // Before everything is known, pods would seem to be gone.
  if (!cluster.is_complete()) return;
  const auto meta = setup_->arguments.preserve_discovered_labels ? DiscoveredLabels::kept
                                                                 : DiscoveredLabels::removed;
  std::vector<PodLogsInfo> infos;
  std::vector<PodTarget> targets;
  for (const auto& [key, object] : cluster.objects(pod_logs_type)) {
    const PodLogs& pod_logs = static_cast<const PodLogs&>(*object);
    if (!setup_->selector.matches(pod_logs.meta.labels)) continue;
    const auto* name_space =
        cluster.find<kubernetes::Namespace>(kubernetes::namespace_type, pod_logs.meta.name_space);
    if (name_space == nullptr) {
      logger().error("failed to reconcile PodLogs",
                     {{"operation", "get namespace"}, {"key", key}, {"err", "not found"}});
      continue;
    }
    if (!setup_->namespace_selector.matches(name_space->meta.labels)) continue;
    FoundPods found = find_pods(pod_logs, cluster, meta, clock().wall());
    if (!found.info.reconcile_error.empty())
      logger().error("failed to reconcile PodLogs",
                     {{"key", key}, {"err", found.info.reconcile_error}});
    infos.push_back(std::move(found.info));
    std::ranges::move(found.targets, std::back_inserter(targets));
  }
  tailers_.update(distribute(std::move(targets)));
  const std::lock_guard lock(mutex_);
  infos_ = std::move(infos);
}

WantedPods SourcePodLogs::distribute(std::vector<PodTarget> targets) const {
  const auto* cluster =
      setup_->arguments.clustering.enabled ? options().services.find<Cluster>() : nullptr;
  if (cluster == nullptr) return {.own = std::move(targets), .elsewhere = {}};
  const auto view = cluster->view();
  WantedPods wanted;
  for (PodTarget& target : targets) {
    const std::string key = pod_cluster_labels(target.discovered).describe();
    if (view->owns(cluster::string_key(key))) {
      wanted.own.push_back(std::move(target));
    } else {
      wanted.elsewhere.insert(target.position_key().path);
    }
  }
  return wanted;
}

std::optional<Described> SourcePodLogs::debug_info() const {
  DebugInfo info{.pod_logs = {}, .targets = tailers_.infos()};
  const std::lock_guard lock(mutex_);
  info.pod_logs = infos_;
  return described(std::move(info));
}

}  // namespace
}  // namespace alloy::loki::source_podlogs

namespace alloy {

extern const ComponentType loki_source_podlogs;
const ComponentType loki_source_podlogs = {
    .name = "loki.source.podlogs",
    .doc = "Reads the logs of the containers that PodLogs resources ask for.",
    .arguments = &schema_of<loki::source_podlogs::Arguments>,
    .create = create<loki::source_podlogs::SourcePodLogs>,
};

}  // namespace alloy
