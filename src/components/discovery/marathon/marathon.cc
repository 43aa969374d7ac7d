// discovery.marathon makes targets of the applications that run on Marathon.
#include <random>

#include "base/file.h"
#include "base/text.h"
#include "components/discovery/shared/http_refresh.h"

namespace alloy::discovery::marathon {
namespace {

struct Arguments {
  std::vector<std::string> servers;
  Duration refresh_interval = 30s;
  Secret auth_token;
  std::string auth_token_file;
  HttpClientArguments client;

  static constexpr auto schema() {
    using T = Arguments;
    return fields(
        required<&T::servers>("servers", "URLs of Marathon servers, of which any is asked."),
        optional<&T::refresh_interval>("refresh_interval", "How often to ask."),
        optional<&T::auth_token>("auth_token", "Token of DC/OS."),
        optional<&T::auth_token_file>("auth_token_file", "File with the token of DC/OS."),
        inlined<&T::client>());
  }
  Result<> validate() {
    TRY(validate_refresh_interval(refresh_interval));
    if (servers.empty()) return fail("at least one Marathon server must be specified");
    if (!auth_token.empty() && !auth_token_file.empty())
      return fail("at most one of auth_token and auth_token_file must be configured");
    if (!auth_token.empty() || !auth_token_file.empty()) {
      if (client.basic_auth)
        return fail("at most one of basic_auth, auth_token & auth_token_file must be configured");
      if (!client.bearer_token.empty() || !client.bearer_token_file.empty())
        return fail(
            "at most one of bearer_token, bearer_token_file, auth_token & auth_token_file must be "
            "configured");
      if (client.authorization)
        return fail(
            "at most one of auth_token, auth_token_file & authorization must be configured");
    }
    return client.validate();
  }
};

struct Port {
  int64_t number = 0;  // 0: the task knows.
  JsonNode labels;
};
struct Ports {
  std::vector<Port> list;
  std::string_view label_prefix;
};

bool is_container_network(JsonNode app) {
  const auto networks = app["networks"].elements();
  return !networks.empty() && networks[0]["mode"].text() == "container";
}

// Where an application says which ports it has depends on its age.
Ports ports_of(JsonNode app) {
  Ports ports{.list = {}, .label_prefix = "__meta_marathon_port_mapping_label_"};
  const JsonNode container = app["container"];
  auto mappings = container["portMappings"].elements();
  if (mappings.empty()) mappings = container["docker"]["portMappings"].elements();
  const std::string_view key = is_container_network(app) ? "containerPort" : "hostPort";
  for (const JsonNode& mapping : mappings)
    ports.list.push_back({mapping[key].integer(), mapping["labels"]});
  if (!ports.list.empty()) return ports;
  ports.label_prefix = "__meta_marathon_port_definition_label_";
  for (const JsonNode& definition : app["portDefinitions"].elements())
    ports.list.push_back(
        {app["requirePorts"].boolean() ? definition["port"].integer() : 0, definition["labels"]});
  return ports;
}

void add_task_targets(JsonNode app, JsonNode task, const Ports& ports,
                      std::span<const Label> common, std::vector<Target>& targets) {
  const auto own_ports = task["ports"].elements();
  const auto addresses = task["ipAddresses"].elements();
  const auto host = is_container_network(app) && !addresses.empty()
                        ? addresses[0]["ipAddress"].text()
                        : task["host"].text();
  TargetBuilder builder;
  for (size_t i = 0; i < ports.list.size(); ++i) {
    int64_t number = ports.list[i].number;
    if (number == 0 && own_ports.size() == ports.list.size()) number = own_ports[i].integer();
    builder.reset(common);
    builder.put_copy("__address__", join_host_port(host, number));
    builder.put("__meta_marathon_task", task["id"].text());
    builder.put_copy("__meta_marathon_port_index", std::to_string(i));
    for (const auto& [name, value] : ports.list[i].labels.members())
      builder.put_sanitized(ports.label_prefix, name, value.text());
    targets.push_back(builder.build());
  }
}

TargetGroup group_of(JsonNode app) {
  TargetBuilder common;
  common.put("__meta_marathon_app", app["id"].text());
  common.put("__meta_marathon_image", app["container"]["docker"]["image"].text());
  for (const auto& [name, value] : app["labels"].members())
    common.put_sanitized("__meta_marathon_app_label_", name, value.text());
  TargetGroup group{.source = std::string(app["id"].text()), .targets = {}};
  Ports ports = ports_of(app);
  for (const JsonNode& task : app["tasks"].elements()) {
    // All tasks have the same number of ports; where the application names none, the first task's.
    if (ports.list.empty())
      for (const JsonNode& port : task["ports"].elements())
        ports.list.push_back({port.integer(), {}});
    add_task_targets(app, task, ports, common.labels(), group.targets);
  }
  return group;
}

class Marathon final : public HttpRefreshDiscoverer {
 public:
  Marathon(Arguments arguments, ClientPointer client, const DiscoveryContext& context)
      : HttpRefreshDiscoverer("marathon", arguments.refresh_interval, std::move(client), context),
        arguments_(std::move(arguments)) {}

 private:
  Task<Result<std::vector<TargetGroup>>> refresh(StopToken stop) override;
  Task<Result<std::string>> token() const;

  Arguments arguments_;
  std::mt19937 random_{std::random_device{}()};
};

Task<Result<std::string>> Marathon::token() const {
  if (arguments_.auth_token_file.empty()) co_return arguments_.auth_token.value;
  CO_TRY(const auto text,
         co_await run_blocking(context().executor.blocking(),
                               [path = arguments_.auth_token_file] { return read_file(path); }));
  co_return std::string(trim(text));
}

Task<Result<std::vector<TargetGroup>>> Marathon::refresh(StopToken stop) {
  const auto& servers = arguments_.servers;
  const size_t chosen = std::uniform_int_distribution<size_t>(0, servers.size() - 1)(random_);
  net::Request request{.url = servers[chosen] + "/v2/apps/?embed=apps.tasks"};
  CO_TRY(const auto secret, co_await token());
  if (!secret.empty()) request.headers.add("Authorization", "token=" + secret);
  CO_TRY(const auto response, co_await fetch(std::move(request), std::move(stop)));
  if (!response.is_success())
    co_return fail(fmt::format("non 2xx status '{}' response during marathon service discovery",
                               response.status));
  CO_TRY(const auto document, JsonDocument::parse(response.body));
  std::vector<TargetGroup> groups;
  for (const JsonNode& app : document.root()["apps"].elements()) groups.push_back(group_of(app));
  CO_TRY(document.check());
  co_return groups;
}

Result<std::unique_ptr<Discoverer>> make(Arguments arguments, const DiscoveryContext& context) {
  TRY(auto client, make_client(arguments.client, context));
  return std::make_unique<Marathon>(std::move(arguments), std::move(client), context);
}

}  // namespace
}  // namespace alloy::discovery::marathon

namespace alloy {

extern const ComponentType discovery_marathon;
const ComponentType discovery_marathon = {
    .name = "discovery.marathon",
    .doc = "Discovers the applications that run on Marathon.",
    .supports_live_debugging = true,
    .arguments = &schema_of<discovery::marathon::Arguments>,
    .exports = &schema_of<discovery::Exports>,
    .create = create<
        discovery::DiscoveryComponent<discovery::marathon::Arguments, discovery::marathon::make>>,
};

}  // namespace alloy
