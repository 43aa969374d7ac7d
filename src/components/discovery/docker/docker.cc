// discovery.docker makes targets of the containers of a Docker engine.
#include "components/discovery/shared/docker_client.h"
#include "components/discovery/shared/refresh.h"
#include "net/url.h"

namespace alloy::discovery::docker {
namespace {

struct Arguments {
  std::string host;
  int port = 80;
  std::string host_networking_host = "localhost";
  Duration refresh_interval = 1min;
  bool match_first_network = true;
  std::vector<DockerFilterArguments> filters;
  HttpClientArguments client;

  static constexpr auto schema() {
    using T = Arguments;
    return fields(
        required<&T::host>("host", "The engine: unix:///var/run/docker.sock or a URL."),
        optional<&T::port>("port", "Port of containers that expose none."),
        optional<&T::host_networking_host>("host_networking_host",
                                           "Address of containers that use the host's network."),
        optional<&T::refresh_interval>("refresh_interval", "How often to ask."),
        optional<&T::match_first_network>(
            "match_first_network", "Of a container in several networks, use only the first."),
        blocks<&T::filters>("filter", "Which containers to ask for."), inlined<&T::client>());
  }
  Result<> validate() {
    if (host.empty()) return fail("host attribute must not be empty");
    if (auto url = net::parse_url(host); !url)
      return std::unexpected(std::move(url).error().with_context("parsing host attribute"));
    TRY(validate_refresh_interval(refresh_interval));
    return client.validate();
  }
};

using Networks = std::vector<std::pair<std::string_view, JsonNode>>;

class Docker final : public RefreshDiscoverer {
 public:
  Docker(Arguments arguments, DockerClient client, const DiscoveryContext& context)
      : RefreshDiscoverer("docker", arguments.refresh_interval, context),
        arguments_(std::move(arguments)),
        client_(std::move(client)) {}

 private:
  Task<Result<std::vector<TargetGroup>>> refresh(StopToken stop) override;
  Networks networks_of(JsonNode container, const std::vector<JsonNode>& all) const;
  void add_targets(JsonNode container, const Networks& networks, const NetworkLabels& labels,
                   std::vector<Target>& targets) const;

  Arguments arguments_;
  DockerClient client_;
};

Networks present(JsonNode networks) {
  Networks all;
  for (const auto& [name, network] : networks.members())
    if (network) all.emplace_back(name, network);
  return all;
}

// A container may use the network of another one, which may do so in its turn.
Networks Docker::networks_of(JsonNode container, const std::vector<JsonNode>& all) const {
  Networks networks = present(container["NetworkSettings"]["Networks"]);
  auto mode = container["HostConfig"]["NetworkMode"].text();
  constexpr int steps_max = 16;
  for (int step = 0; step < steps_max && networks.empty(); ++step) {
    if (!mode.starts_with("container:")) break;
    const auto id = mode.substr(std::string_view("container:").size());
    const auto other = std::ranges::find_if(
        all, [&](const JsonNode& candidate) { return candidate["Id"].text() == id; });
    if (other == all.end()) break;
    networks = present((*other)["NetworkSettings"]["Networks"]);
    mode = (*other)["HostConfig"]["NetworkMode"].text();
  }
  if (arguments_.match_first_network && networks.size() > 1) {
    std::ranges::sort(networks, {}, [](const auto& entry) { return entry.first; });
    networks.resize(1);
  }
  return networks;
}

void Docker::add_targets(JsonNode container, const Networks& networks, const NetworkLabels& labels,
                         std::vector<Target>& targets) const {
  const auto names = container["Names"].texts();
  if (names.empty()) return;
  const auto mode = container["HostConfig"]["NetworkMode"].text();
  TargetBuilder common;
  common.put("__meta_docker_container_id", container["Id"].text());
  common.put("__meta_docker_container_name", names[0]);
  common.put("__meta_docker_container_network_mode", mode);
  for (const auto& [name, value] : container["Labels"].members())
    common.put_sanitized("__meta_docker_container_label_", name, value.text());
  TargetBuilder builder;
  for (const auto& [name, network] : networks) {
    const auto address = network["IPAddress"].text();
    const auto begin = [&] {
      builder.reset(common.labels());
      builder.put("__meta_docker_network_ip", address);
      put_network(builder, labels, network["NetworkID"].text());
    };
    bool has_port = false;
    for (const JsonNode& port : container["Ports"].elements()) {
      if (port["Type"].text() != "tcp") continue;
      has_port = true;
      begin();
      const int64_t number = port["PrivatePort"].integer();
      builder.put_copy("__address__", join_host_port(address, number));
      builder.put_copy("__meta_docker_port_private", std::to_string(number));
      if (const int64_t published = port["PublicPort"].integer(); published > 0) {
        builder.put_copy("__meta_docker_port_public", std::to_string(published));
        builder.put("__meta_docker_port_public_ip", port["IP"].text());
      }
      targets.push_back(builder.build());
    }
    if (has_port) continue;
    begin();
    // With the host's network there are no ports to know.
    builder.put_copy("__address__", mode == "host" ? arguments_.host_networking_host
                                                   : join_host_port(address, arguments_.port));
    targets.push_back(builder.build());
  }
}

Task<Result<std::vector<TargetGroup>>> Docker::refresh(StopToken stop) {
  const auto containers = co_await client_.list("/containers/json", arguments_.filters, stop);
  if (!containers)
    co_return std::unexpected(
        Error(containers.error()).with_context("error while listing containers"));
  const auto networks = co_await client_.list("/networks", {}, stop);
  if (!networks)
    co_return std::unexpected(
        Error(networks.error()).with_context("error while computing network labels"));
  const NetworkLabels labels = read_networks(networks->root(), "__meta_docker_");
  std::vector<Target> targets;
  const auto all = containers->root().elements();
  for (const JsonNode& container : all)
    add_targets(container, networks_of(container, all), labels, targets);
  CO_TRY(networks->check());
  CO_TRY(containers->check());
  co_return single_group("Docker", std::move(targets));
}

Result<std::unique_ptr<Discoverer>> make(Arguments arguments, const DiscoveryContext& context) {
  TRY(auto client,
      DockerClient::create(arguments.host, arguments.client, arguments.refresh_interval, context));
  return std::make_unique<Docker>(std::move(arguments), std::move(client), context);
}

}  // namespace
}  // namespace alloy::discovery::docker

namespace alloy {

extern const ComponentType discovery_docker;
const ComponentType discovery_docker = {
    .name = "discovery.docker",
    .doc = "Discovers the containers of a Docker engine.",
    .supports_live_debugging = true,
    .arguments = &schema_of<discovery::docker::Arguments>,
    .exports = &schema_of<discovery::Exports>,
    .create = create<
        discovery::DiscoveryComponent<discovery::docker::Arguments, discovery::docker::make>>,
};

}  // namespace alloy
