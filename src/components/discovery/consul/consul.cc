// discovery.consul makes targets of the services that are registered with Consul. Consul is asked
// to answer when something has changed, so that changes are seen at once.
#include "base/text.h"
#include "components/discovery/shared/consul_client.h"
#include "components/discovery/shared/refresh.h"
#include "components/shared/http_client_arguments.h"

namespace alloy::discovery::consul {
namespace {

struct Arguments {
  std::string server = "localhost:8500";
  Secret token;
  std::string datacenter;
  std::string name_space;
  std::string partition;
  std::string tag_separator = ",";
  std::string scheme = "http";
  std::string username;
  Secret password;
  bool allow_stale = true;
  std::vector<std::string> services;
  std::vector<std::string> tags;
  std::map<std::string, std::string> node_meta;
  Duration refresh_interval = 30s;
  HttpClientArguments client;

  static constexpr auto schema() {
    using T = Arguments;
    return fields(
        optional<&T::server>("server", "Host and port of the Consul API."),
        optional<&T::token>("token", "Token for the Consul API."),
        optional<&T::datacenter>("datacenter", "Datacenter to query; by default the agent's."),
        optional<&T::name_space>("namespace", "Namespace to query."),
        optional<&T::partition>("partition", "Admin partition to query."),
        optional<&T::tag_separator>("tag_separator", "Text to join the tags of a service with."),
        optional<&T::scheme>("scheme", "Scheme of the Consul API."),
        optional<&T::username>("username", "Has no effect: use basic_auth."),
        optional<&T::password>("password", "Has no effect: use basic_auth."),
        optional<&T::allow_stale>("allow_stale", "Whether any server may answer."),
        optional<&T::services>("services", "Services to find; by default all."),
        optional<&T::tags>("tags", "Tags that services must have, all of them."),
        optional<&T::node_meta>("node_meta", "Metadata that nodes must have."),
        optional<&T::refresh_interval>("refresh_interval", "Least time between two questions."),
        inlined<&T::client>());
  }
  Result<> validate() {
    TRY(validate_refresh_interval(refresh_interval));
    return client.validate();
  }
};

// The worst of a service's checks.
std::string_view aggregated_status(JsonNode checks) {
  bool critical = false;
  bool warning = false;
  for (const JsonNode& check : checks.elements()) {
    const auto id = check["CheckID"].text();
    if (id == "_node_maintenance" || id.starts_with("_service_maintenance:")) return "maintenance";
    const auto status = check["Status"].text();
    if (status == "critical") {
      critical = true;
    } else if (status == "warning") {
      warning = true;
    } else if (status != "passing") {
      return "";
    }
  }
  return critical ? "critical" : warning ? "warning" : "passing";
}

class Consul final : public Discoverer {
 public:
  Consul(Arguments arguments, ConsulClient client, const DiscoveryContext& context);
  Task<> run(TargetSink& sink, StopToken stop) override;

 private:
  using Parameters = std::multimap<std::string, std::string>;

  Task<Result<>> find_datacenter(StopToken stop);
  Task<> watch_catalog(TargetSink* sink, TaskGroup* tasks, StopToken stop);
  Task<> watch_service(std::string name, TargetSink* sink, StopToken stop);
  // What both watches do between two looks.
  Task<> pause(SteadyTime started, bool has_failed, StopToken stop) const;
  void take_services(JsonNode services, TargetSink* sink, TaskGroup* tasks, StopToken stop);
  bool is_wanted(std::string_view name, const std::vector<std::string_view>& tags) const;
  Parameters parameters(uint64_t index) const;
  Target target_of(const std::string& name, JsonNode entry) const;
  void failed(std::string_view what, Error error, TargetSink& sink);

  Arguments arguments_;
  ConsulClient client_;
  const DiscoveryContext& context_;
  Counter& failures_;
  Summary& durations_;
  std::string datacenter_;
  // The services that are watched.
  std::map<std::string, StopSource, std::less<>> services_;
};

const MetricLabels catalog_call = {{"call", "services"}, {"endpoint", "catalog"}};
const MetricLabels service_call = {{"call", "service"}, {"endpoint", "catalog"}};

Consul::Consul(Arguments arguments, ConsulClient client, const DiscoveryContext& context)
    : arguments_(std::move(arguments)),
      client_(std::move(client)),
      context_(context),
      failures_(context.metrics.counter("prometheus_sd_consul_rpc_failures_total",
                                        "The number of Consul RPC call failures.")),
      durations_(context.summaries.get("prometheus_sd_consul_rpc_duration_seconds",
                                       "The duration of a Consul RPC call in seconds.")),
      datacenter_(arguments_.datacenter) {
  durations_.add(catalog_call);
  durations_.add(service_call);
  if (!arguments_.username.empty() || !arguments_.password.empty())
    context.logger.warn("username and password have no effect; use the block basic_auth");
}

void Consul::failed(std::string_view what, Error error, TargetSink& sink) {
  failures_.add();
  context_.logger.error(what, {{"err", error}});
  sink.report(std::unexpected(std::move(error)));
}

Task<> Consul::run(TargetSink& sink, StopToken stop) {
  while (datacenter_.empty()) {
    auto found = co_await find_datacenter(stop);
    if (stop.stop_requested()) co_return;
    if (found) break;
    failed("Error retrieving datacenter name", std::move(found).error(), sink);
    if (co_await context_.clock.sleep(consul_retry, stop) != Wake::elapsed) co_return;
  }
  TaskGroup tasks(context_.strand, TaskGroup::Strands::shared);
  if (arguments_.services.empty() || !arguments_.tags.empty()) {
    tasks.spawn(watch_catalog(&sink, &tasks, stop));
  } else {
    for (const std::string& name : arguments_.services)
      tasks.spawn(watch_service(name, &sink, stop));
  }
  Event never;
  co_await never.wait(stop);
  for (auto& [name, source] : services_) source.request_stop();
  co_await tasks.join();
}

Task<Result<>> Consul::find_datacenter(StopToken stop) {
  CO_TRY(const auto answer, co_await client_.ask("/v1/agent/self", {}, std::move(stop)));
  datacenter_ = answer.document.root()["Config"]["Datacenter"].text();
  CO_TRY(answer.document.check());
  if (datacenter_.empty()) co_return fail("the agent names no datacenter");
  co_return Result<>();
}

Consul::Parameters Consul::parameters(uint64_t index) const {
  Parameters parameters = {{"wait", fmt::format("{}ms", consul_wait / 1ms)}};
  if (!arguments_.datacenter.empty()) parameters.emplace("dc", arguments_.datacenter);
  if (!arguments_.name_space.empty()) parameters.emplace("ns", arguments_.name_space);
  if (!arguments_.partition.empty()) parameters.emplace("partition", arguments_.partition);
  if (arguments_.allow_stale) parameters.emplace("stale", "");
  if (index > 0) parameters.emplace("index", std::to_string(index));
  for (const auto& [name, value] : arguments_.node_meta)
    parameters.emplace("node-meta", name + ":" + value);
  return parameters;
}

Task<> Consul::pause(SteadyTime started, bool has_failed, StopToken stop) const {
  if (has_failed && co_await context_.clock.sleep(consul_retry, stop) != Wake::elapsed) co_return;
  co_await context_.clock.sleep_until(started + arguments_.refresh_interval, stop);
}

Task<> Consul::watch_catalog(TargetSink* sink, TaskGroup* tasks, StopToken stop) {
  uint64_t index = 0;
  while (!stop.stop_requested()) {
    const SteadyTime started = context_.clock.steady();
    auto answer = co_await client_.ask("/v1/catalog/services", parameters(index), stop);
    if (stop.stop_requested()) co_return;
    durations_.observe(context_.clock.steady() - started, catalog_call);
    const bool has_failed = !answer.has_value();
    if (has_failed) {
      failed("Error refreshing service list", std::move(answer).error(), *sink);
    } else {
      // An unchanged index means that the wait was in vain.
      if (answer->index == 0 || answer->index != index)
        take_services(answer->document.root(), sink, tasks, stop);
      index = answer->index < index ? 0 : answer->index;
      sink->report(answer->document.check());
    }
    co_await pause(started, has_failed, stop);
  }
}

bool Consul::is_wanted(std::string_view name, const std::vector<std::string_view>& tags) const {
  const auto& names = arguments_.services;
  if (!names.empty() && std::ranges::find(names, name) == names.end()) return false;
  return std::ranges::all_of(arguments_.tags, [&](const std::string& tag) {
    return std::ranges::find(tags, tag) != tags.end();
  });
}

void Consul::take_services(JsonNode services, TargetSink* sink, TaskGroup* tasks, StopToken) {
  std::map<std::string_view, bool> present;
  for (const auto& [name, tags] : services.members()) {
    present[name] = true;
    if (!is_wanted(name, tags.texts()) || services_.contains(name)) continue;
    const std::string key(name);
    tasks->spawn(watch_service(key, sink, services_[key].get_token()));
  }
  std::vector<TargetGroup> gone;
  std::erase_if(services_, [&](auto& entry) {
    if (present.contains(entry.first)) return false;
    entry.second.request_stop();
    gone.push_back({entry.first, {}});
    return true;
  });
  if (!gone.empty() || services_.empty()) sink->update(std::move(gone));
}

Target Consul::target_of(const std::string& name, JsonNode entry) const {
  const JsonNode node = entry["Node"];
  const JsonNode service = entry["Service"];
  const auto service_address = service["Address"].text();
  const auto node_address = node["Address"].text();
  const int64_t port = service["Port"].integer();
  TargetBuilder builder;
  builder.put("__meta_consul_service", name);
  builder.put("__meta_consul_dc", datacenter_);
  builder.put_copy("__address__",
                   join_host_port(service_address.empty() ? node_address : service_address, port));
  builder.put("__meta_consul_address", node_address);
  builder.put("__meta_consul_node", node["Node"].text());
  builder.put("__meta_consul_namespace", service["Namespace"].text());
  builder.put("__meta_consul_partition", service["Partition"].text());
  builder.put_copy("__meta_consul_tags",
                   join_tags(service["Tags"].texts(), arguments_.tag_separator));
  builder.put("__meta_consul_service_address", service_address);
  builder.put_copy("__meta_consul_service_port", std::to_string(port));
  builder.put("__meta_consul_service_id", service["ID"].text());
  builder.put("__meta_consul_health", aggregated_status(entry["Checks"]));
  for (const auto& [key, value] : node["Meta"].members())
    builder.put_sanitized("__meta_consul_metadata_", key, value.text());
  for (const auto& [key, value] : service["Meta"].members())
    builder.put_sanitized("__meta_consul_service_metadata_", key, value.text());
  for (const auto& [key, value] : node["TaggedAddresses"].members())
    builder.put_sanitized("__meta_consul_tagged_address_", key, value.text());
  return builder.build();
}

Task<> Consul::watch_service(std::string name, TargetSink* sink, StopToken stop) {
  uint64_t index = 0;
  while (!stop.stop_requested()) {
    const SteadyTime started = context_.clock.steady();
    Parameters asked = parameters(index);
    for (const std::string& tag : arguments_.tags) asked.emplace("tag", tag);
    auto answer = co_await client_.ask("/v1/health/service/" + name, std::move(asked), stop);
    if (stop.stop_requested()) co_return;
    durations_.observe(context_.clock.steady() - started, service_call);
    const bool has_failed = !answer.has_value();
    if (has_failed) {
      failed("Error refreshing service", std::move(answer).error(), *sink);
    } else if (answer->index == 0 || answer->index != index) {
      TargetGroup group{.source = name, .targets = {}};
      for (const JsonNode& entry : answer->document.root().elements())
        group.targets.push_back(target_of(name, entry));
      auto checked = answer->document.check();
      if (checked) sink->update(single_group(std::move(group.source), std::move(group.targets)));
      sink->report(std::move(checked));
      index = answer->index < index ? 0 : answer->index;
    }
    co_await pause(started, has_failed, stop);
  }
}

Result<std::unique_ptr<Discoverer>> make(Arguments arguments, const DiscoveryContext& context) {
  TRY(auto client, ConsulClient::create(arguments.scheme, arguments.server, arguments.token.value,
                                        arguments.client.options(context.user_agent), context));
  return std::make_unique<Consul>(std::move(arguments), std::move(client), context);
}

}  // namespace
}  // namespace alloy::discovery::consul

namespace alloy {

extern const ComponentType discovery_consul;
const ComponentType discovery_consul = {
    .name = "discovery.consul",
    .doc = "Discovers the services that are registered with Consul.",
    .supports_live_debugging = true,
    .arguments = &schema_of<discovery::consul::Arguments>,
    .exports = &schema_of<discovery::Exports>,
    .create = create<
        discovery::DiscoveryComponent<discovery::consul::Arguments, discovery::consul::make>>,
};

}  // namespace alloy
