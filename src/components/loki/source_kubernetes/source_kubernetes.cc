// loki.source.kubernetes reads the logs of pods' containers by way of the API server, so that it
// needs no access to the nodes they run on.
#include "components/loki/shared/pod_tail/pod_tailers.h"
#include "components/loki/shared/saved_positions.h"
#include "components/shared/clustering_arguments.h"
#include "components/shared/share_of_targets.h"
#include "services/cluster.h"

namespace alloy::loki::source_kubernetes {
namespace {

struct Arguments {
  TargetList targets;
  std::vector<LogsReceiverPointer> forward_to;
  kubernetes::ClientArguments client;
  ClusteringArguments clustering;

  static constexpr auto schema() {
    using A = Arguments;
    return fields(
        required<&A::targets>("targets", "The containers to read the logs of."),
        required<&A::forward_to>("forward_to", "Where the entries go."),
        block<&A::client>("client", "How to reach the API server."),
        block<&A::clustering>("clustering", "How the nodes of a cluster share the containers."));
  }
};

struct DebugInfo {
  std::vector<PodTargetInfo> targets;

  static constexpr auto schema() {
    return fields(blocks<&DebugInfo::targets>("target", "A container that is read."));
  }
};

class SourceKubernetes final : public AwaitingComponentWith<Arguments> {
 public:
  explicit SourceKubernetes(Options options)
      : AwaitingComponentWith(std::move(options)),
        forwarder_(std::make_shared<Forwarder>(clock())),
        tailers_(this->options(), forwarder_, "loki_source_kubernetes_dropped_lines_total") {}
  Task<Result<>> update(Arguments arguments) override;
  Task<> run(StopToken stop) override;
  std::optional<Described> debug_info() const override {
    return described(DebugInfo{.targets = tailers_.infos()});
  }

 private:
  void distribute();
  Task<> follow_cluster(StopToken stop);

  const std::shared_ptr<Forwarder> forwarder_;
  PodTailers tailers_;
  std::shared_ptr<PositionsFile> positions_;
  std::optional<Arguments> arguments_;
  Event cluster_changed_;
};

Task<Result<>> SourceKubernetes::update(Arguments arguments) {
  if (positions_ == nullptr) {
    CO_TRY(positions_, co_await open_saved_positions(options().executor, options().data_path));
    tailers_.set_positions(positions_);
  }
  forwarder_->set_receivers(arguments.forward_to);
  if (!arguments_ || arguments_->client != arguments.client) {
    auto client = kubernetes::ApiClient::create(arguments.client, options());
    if (!client)
      co_return std::unexpected(
          std::move(client).error().with_context("building Kubernetes config"));
    tailers_.update(*std::move(client), false);
  }
  arguments_ = std::move(arguments);
  distribute();
  co_return Result<>();
}

void SourceKubernetes::distribute() {
  const auto* cluster =
      arguments_->clustering.enabled ? options().services.find<Cluster>() : nullptr;
  const auto view = cluster != nullptr ? cluster->view() : nullptr;
  WantedPods wanted;
  KeySet seen;
  for (const Target& labels : arguments_->targets) {
    const uint64_t key = pod_cluster_labels(labels).hash();
    if (!seen.insert(key)) continue;
    auto target = make_pod_target(labels, labels, options().global_id());
    if (!target) {
      logger().error("failed to process input target",
                     {{"target", labels.describe()}, {"err", target.error()}});
    } else if (view != nullptr && !view->owns(key)) {
      wanted.elsewhere.insert(target->position_key().path);
    } else {
      wanted.own.push_back(*std::move(target));
    }
  }
  tailers_.update(std::move(wanted));
}

Task<> SourceKubernetes::follow_cluster(StopToken stop) {
  while (co_await cluster_changed_.wait(stop) == Wake::notified)
    if (arguments_->clustering.enabled) distribute();
}

Task<> SourceKubernetes::run(StopToken stop) {
  Cluster::Subscription subscription;
  if (auto* cluster = options().services.find<Cluster>())
    subscription = cluster->subscribe([this] { cluster_changed_.notify(); });
  TaskGroup following(options().strand, TaskGroup::Strands::shared);
  following.spawn(follow_cluster(stop));
  co_await tailers_.run(stop);
  co_await following.join();
}

}  // namespace
}  // namespace alloy::loki::source_kubernetes

namespace alloy {

extern const ComponentType loki_source_kubernetes;
const ComponentType loki_source_kubernetes = {
    .name = "loki.source.kubernetes",
    .doc = "Reads the logs of pods by way of the API server.",
    .arguments = &schema_of<loki::source_kubernetes::Arguments>,
    .create = create<loki::source_kubernetes::SourceKubernetes>,
};

}  // namespace alloy
