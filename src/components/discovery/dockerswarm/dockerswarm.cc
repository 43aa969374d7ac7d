// discovery.dockerswarm makes targets of the nodes, services or tasks of a Docker Swarm.
#include "components/discovery/dockerswarm/swarm_labels.h"
#include "components/discovery/shared/refresh.h"
#include "net/url.h"

namespace alloy::discovery::dockerswarm {
namespace {

struct Arguments {
  std::string host;
  std::string role;
  int port = 80;
  std::vector<DockerFilterArguments> filters;
  Duration refresh_interval = 1min;
  HttpClientArguments client;

  static constexpr auto schema() {
    using T = Arguments;
    return fields(required<&T::host>("host", "The engine: unix:///var/run/docker.sock or a URL."),
                  required<&T::role>("role", "What becomes targets: services, tasks or nodes."),
                  optional<&T::port>("port", "Port of nodes, and of what publishes none."),
                  blocks<&T::filters>("filter", "Which of them to ask for."),
                  optional<&T::refresh_interval>("refresh_interval", "How often to ask."),
                  inlined<&T::client>());
  }
  Result<> validate() {
    TRY(net::parse_url(host));
    TRY(validate_refresh_interval(refresh_interval));
    if (role != "services" && role != "nodes" && role != "tasks")
      return fail(fmt::format("invalid role {}, expected tasks, services, or nodes", role));
    return client.validate();
  }
};

class DockerSwarm final : public RefreshDiscoverer {
 public:
  DockerSwarm(Arguments arguments, DockerClient client, const DiscoveryContext& context)
      : RefreshDiscoverer("dockerswarm", arguments.refresh_interval, context),
        arguments_(std::move(arguments)),
        client_(std::move(client)) {}

 private:
  Task<Result<std::vector<TargetGroup>>> refresh(StopToken stop) override;
  Task<Result<std::vector<Target>>> find_targets(StopToken stop);

  Arguments arguments_;
  DockerClient client_;
};

Task<Result<std::vector<Target>>> DockerSwarm::find_targets(StopToken stop) {
  CO_TRY(const auto wanted, co_await client_.list("/" + arguments_.role, arguments_.filters, stop));
  std::vector<Target> targets;
  if (arguments_.role == "nodes") {
    CO_TRY(targets, node_targets(wanted.root(), arguments_.port));
  } else if (arguments_.role == "services") {
    CO_TRY(const auto networks, co_await client_.list("/networks", {}, stop));
    const auto labels = read_networks(networks.root(), "__meta_dockerswarm_");
    CO_TRY(networks.check());
    CO_TRY(targets, service_targets(wanted.root(), labels, arguments_.port));
  } else {
    CO_TRY(const auto services, co_await client_.list("/services", {}, stop));
    CO_TRY(const auto nodes, co_await client_.list("/nodes", {}, stop));
    CO_TRY(const auto networks, co_await client_.list("/networks", {}, stop));
    const auto labels = read_networks(networks.root(), "__meta_dockerswarm_");
    const TaskSources sources{wanted.root(), services.root(), nodes.root(), labels};
    CO_TRY(targets, task_targets(sources, arguments_.port));
    for (const JsonDocument* document : {&services, &nodes, &networks}) CO_TRY(document->check());
  }
  CO_TRY(wanted.check());
  co_return targets;
}

Task<Result<std::vector<TargetGroup>>> DockerSwarm::refresh(StopToken stop) {
  auto targets = co_await find_targets(std::move(stop));
  if (!targets)
    co_return std::unexpected(std::move(targets).error().with_context(
        fmt::format("error while listing swarm {}", arguments_.role)));
  co_return single_group("DockerSwarm", *std::move(targets));
}

Result<std::unique_ptr<Discoverer>> make(Arguments arguments, const DiscoveryContext& context) {
  TRY(auto client,
      DockerClient::create(arguments.host, arguments.client, arguments.refresh_interval, context));
  return std::make_unique<DockerSwarm>(std::move(arguments), std::move(client), context);
}

}  // namespace
}  // namespace alloy::discovery::dockerswarm

namespace alloy {

extern const ComponentType discovery_dockerswarm;
const ComponentType discovery_dockerswarm = {
    .name = "discovery.dockerswarm",
    .doc = "Discovers the nodes, services and tasks of a Docker Swarm.",
    .supports_live_debugging = true,
    .arguments = &schema_of<discovery::dockerswarm::Arguments>,
    .exports = &schema_of<discovery::Exports>,
    .create = create<discovery::DiscoveryComponent<discovery::dockerswarm::Arguments,
                                                   discovery::dockerswarm::make>>,
};

}  // namespace alloy
