// discovery.consulagent makes targets of the services that are registered with the Consul agent of
// the same machine.
#include "components/discovery/shared/consul_client.h"
#include "components/discovery/shared/refresh.h"
#include "components/shared/http_client_arguments.h"

namespace alloy::discovery::consulagent {
namespace {

struct Arguments {
  std::string server = "localhost:8500";
  Secret token;
  std::string datacenter;
  std::string tag_separator = ",";
  std::string scheme = "http";
  std::string username;
  Secret password;
  Duration refresh_interval = 30s;
  std::vector<std::string> services;
  std::vector<std::string> tags;
  TlsClientArguments tls;

  static constexpr auto schema() {
    using T = Arguments;
    return fields(
        optional<&T::server>("server", "Host and port of the Consul agent."),
        optional<&T::token>("token", "Token for the agent."),
        optional<&T::datacenter>("datacenter", "Datacenter to query; by default the agent's."),
        optional<&T::tag_separator>("tag_separator", "Text to join the tags of a service with."),
        optional<&T::scheme>("scheme", "Scheme of the agent's API."),
        optional<&T::username>("username", "User name."),
        optional<&T::password>("password", "Password."),
        optional<&T::refresh_interval>("refresh_interval", "How often to ask."),
        optional<&T::services>("services", "Services to find; by default all."),
        optional<&T::tags>("tags", "Tags that services must have, all of them."),
        block<&T::tls>("tls_config", "TLS towards the agent."));
  }
  Result<> validate() const {
    TRY(validate_refresh_interval(refresh_interval));
    return tls.validate();
  }
};

// The agent's own name, address and metadata.
struct Agent {
  std::string datacenter;
  std::string node;
  std::string address;
  std::vector<std::pair<std::string, std::string>> metadata;
};

class ConsulAgent final : public RefreshDiscoverer {
 public:
  ConsulAgent(Arguments arguments, ConsulClient client, const DiscoveryContext& context);

 private:
  Task<Result<std::vector<TargetGroup>>> refresh(StopToken stop) override;
  Task<Result<std::vector<TargetGroup>>> ask(StopToken stop);
  Task<Result<Agent>> find_agent(StopToken stop);
  Task<Result<std::vector<std::string>>> find_services(StopToken stop);
  Task<Result<TargetGroup>> find_targets(const Agent* agent, std::string name, StopToken stop);
  Target target_of(const Agent& agent, const std::string& name, JsonNode entry,
                   std::string_view health) const;
  std::multimap<std::string, std::string> parameters() const;

  Arguments arguments_;
  ConsulClient client_;
  Counter& failures_;
  Summary& durations_;
};

const MetricLabels services_call = {{"call", "services"}, {"endpoint", "agent"}};
const MetricLabels service_call = {{"call", "service"}, {"endpoint", "agent"}};

ConsulAgent::ConsulAgent(Arguments arguments, ConsulClient client, const DiscoveryContext& context)
    : RefreshDiscoverer("consulagent", arguments.refresh_interval, context),
      arguments_(std::move(arguments)),
      client_(std::move(client)),
      failures_(context.metrics.counter("prometheus_sd_consulagent_rpc_failures_total",
                                        "The number of Consul Agent RPC call failures.")),
      durations_(context.summaries.get("prometheus_sd_consulagent_rpc_duration_seconds",
                                       "The duration of a Consul Agent RPC call in seconds.")) {
  durations_.add(services_call);
  durations_.add(service_call);
}

std::multimap<std::string, std::string> ConsulAgent::parameters() const {
  std::multimap<std::string, std::string> parameters;
  if (!arguments_.datacenter.empty()) parameters.emplace("dc", arguments_.datacenter);
  return parameters;
}

Task<Result<std::vector<TargetGroup>>> ConsulAgent::refresh(StopToken stop) {
  auto groups = co_await ask(stop);
  if (!groups && !stop.stop_requested()) failures_.add();
  co_return groups;
}

Task<Result<std::vector<TargetGroup>>> ConsulAgent::ask(StopToken stop) {
  CO_TRY(const Agent agent, co_await find_agent(stop));
  std::vector<std::string> names = arguments_.services;
  if (names.empty() || !arguments_.tags.empty()) {
    CO_TRY(names, co_await find_services(stop));
  }
  std::vector<TargetGroup> groups;
  for (const std::string& name : names) {
    CO_TRY(auto group, co_await find_targets(&agent, name, stop));
    groups.push_back(std::move(group));
  }
  co_return groups;
}

Task<Result<Agent>> ConsulAgent::find_agent(StopToken stop) {
  CO_TRY(const auto answer, co_await client_.ask("/v1/agent/self", parameters(), std::move(stop)));
  const JsonNode root = answer.document.root();
  const JsonNode config = root["Config"];
  Agent agent{.datacenter = arguments_.datacenter,
              .node = std::string(config["NodeName"].text()),
              .address = std::string(root["Member"]["Addr"].text()),
              .metadata = {}};
  if (agent.datacenter.empty()) agent.datacenter = config["Datacenter"].text();
  for (const auto& [name, value] : root["Meta"].members())
    if (value.is_text()) agent.metadata.emplace_back(name, value.text());
  CO_TRY(answer.document.check());
  co_return agent;
}

// The names of those that are wanted.
Task<Result<std::vector<std::string>>> ConsulAgent::find_services(StopToken stop) {
  const SteadyTime started = context().clock.steady();
  auto answer = co_await client_.ask("/v1/agent/services", parameters(), std::move(stop));
  durations_.observe(context().clock.steady() - started, services_call);
  if (!answer) co_return std::unexpected(std::move(answer).error());
  std::vector<std::string> names;
  for (const auto& [id, service] : answer->document.root().members()) {
    std::string name(service["Service"].text());
    const auto tags = service["Tags"].texts();
    const auto& wanted = arguments_.services;
    if (!wanted.empty() && std::ranges::find(wanted, name) == wanted.end()) continue;
    const bool has_all = std::ranges::all_of(arguments_.tags, [&](const std::string& tag) {
      return std::ranges::find(tags, tag) != tags.end();
    });
    if (has_all && std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
  }
  CO_TRY(answer->document.check());
  co_return names;
}

Task<Result<TargetGroup>> ConsulAgent::find_targets(const Agent* agent, std::string name,
                                                    StopToken stop) {
  auto asked = parameters();
  asked.emplace("format", "json");
  const SteadyTime started = context().clock.steady();
  // The status says how the service is doing.
  const auto answer = co_await client_.ask(
      "/v1/agent/health/service/name/" + name, std::move(asked), std::move(stop),
      [](int status) { return status == 404 || status == 429 || status == 503; });
  durations_.observe(context().clock.steady() - started, service_call);
  if (!answer) co_return std::unexpected(answer.error());
  TargetGroup group{.source = std::move(name), .targets = {}};
  if (answer->status == 404) co_return group;
  const std::string_view health = answer->status == 200   ? "passing"
                                  : answer->status == 429 ? "warning"
                                                          : "critical";
  for (const JsonNode& entry : answer->document.root().elements())
    group.targets.push_back(target_of(*agent, group.source, entry, health));
  CO_TRY(answer->document.check());
  co_return group;
}

Target ConsulAgent::target_of(const Agent& agent, const std::string& name, JsonNode entry,
                              std::string_view health) const {
  const JsonNode service = entry["Service"];
  const auto address = service["Address"].text();
  const int64_t port = service["Port"].integer();
  TargetBuilder builder;
  builder.put_copy("__address__", join_host_port(address.empty() ? agent.address : address, port));
  builder.put("__meta_consulagent_service", name);
  builder.put("__meta_consulagent_dc", agent.datacenter);
  builder.put("__meta_consulagent_address", agent.address);
  builder.put("__meta_consulagent_node", agent.node);
  builder.put_copy("__meta_consulagent_tags",
                   join_tags(service["Tags"].texts(), arguments_.tag_separator));
  builder.put("__meta_consulagent_service_address", address);
  builder.put_copy("__meta_consulagent_service_port", std::to_string(port));
  builder.put("__meta_consulagent_service_id", service["ID"].text());
  builder.put("__meta_consulagent_health", health);
  for (const auto& [key, value] : agent.metadata)
    builder.put_sanitized("__meta_consulagent_metadata_", key, value);
  for (const auto& [key, value] : service["Meta"].members())
    builder.put_sanitized("__meta_consulagent_service_metadata_", key, value.text());
  for (const auto& [key, value] : service["TaggedAddresses"].members())
    builder.put_sanitized(
        "__meta_consulagent_tagged_address_", key,
        builder.keep(join_host_port(value["Address"].text(), value["Port"].integer())));
  return builder.build();
}

Result<std::unique_ptr<Discoverer>> make(Arguments arguments, const DiscoveryContext& context) {
  net::HttpClientOptions options;
  options.tls = arguments.tls.options();
  // The agent is always sent these, also when they are empty.
  options.basic_auth =
      net::BasicAuth{.username = arguments.username, .password = arguments.password.value};
  options.user_agent = context.user_agent;
  TRY(auto client, ConsulClient::create(arguments.scheme, arguments.server, arguments.token.value,
                                        std::move(options), context));
  return std::make_unique<ConsulAgent>(std::move(arguments), std::move(client), context);
}

}  // namespace
}  // namespace alloy::discovery::consulagent

namespace alloy {

extern const ComponentType discovery_consulagent;
const ComponentType discovery_consulagent = {
    .name = "discovery.consulagent",
    .doc = "Discovers the services that are registered with a Consul agent.",
    .supports_live_debugging = true,
    .arguments = &schema_of<discovery::consulagent::Arguments>,
    .exports = &schema_of<discovery::Exports>,
    .create = create<discovery::DiscoveryComponent<discovery::consulagent::Arguments,
                                                   discovery::consulagent::make>>,
};

}  // namespace alloy
