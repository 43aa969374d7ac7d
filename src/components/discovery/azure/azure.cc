// discovery.azure makes targets of Azure's virtual machines, also of those in scale sets.
#include "components/shared/cloud_tokens/azure.h"

#include "components/discovery/azure/cloud.h"
#include "components/discovery/azure/machines.h"
#include "components/discovery/shared/http_refresh.h"
#include "net/url.h"

namespace alloy::discovery::azure {
namespace {

struct OAuthArguments {
  std::string client_id;
  std::string tenant_id;
  Secret client_secret;

  static constexpr auto schema() {
    using T = OAuthArguments;
    return fields(required<&T::client_id>("client_id", "Id of the client."),
                  required<&T::tenant_id>("tenant_id", "Id of the tenant."),
                  required<&T::client_secret>("client_secret", "Secret of the client."));
  }
};

struct ManagedIdentityArguments {
  std::string client_id;

  static constexpr auto schema() {
    using T = ManagedIdentityArguments;
    return fields(required<&T::client_id>("client_id", "Id of the managed identity."));
  }
};

struct SdkArguments {
  std::string tenant_id;

  static constexpr auto schema() {
    using T = SdkArguments;
    return fields(optional<&T::tenant_id>("tenant_id", "Id of the tenant."));
  }
};

struct WorkloadIdentityArguments {
  static constexpr Fields<0> schema() { return {}; }
};

struct Arguments {
  std::string environment = "AzurePublicCloud";
  int port = 80;
  std::string subscription_id;
  std::optional<OAuthArguments> oauth;
  std::optional<ManagedIdentityArguments> managed_identity;
  std::optional<SdkArguments> sdk_auth;
  std::optional<WorkloadIdentityArguments> workload_identity;
  Duration refresh_interval = 5min;
  std::string resource_group;
  ProxyArguments proxy;
  bool follow_redirects = true;
  bool enable_http2 = true;
  TlsClientArguments tls;
  HeaderArguments http_headers;

  static constexpr auto schema() {
    using T = Arguments;
    return fields(
        optional<&T::environment>("environment", "Name of the cloud."),
        optional<&T::port>("port", "Port of the targets."),
        optional<&T::subscription_id>("subscription_id", "Id of the subscription."),
        block<&T::oauth>("oauth", "Log in as a client with a secret."),
        block<&T::managed_identity>("managed_identity", "Log in as the machine."),
        block<&T::sdk_auth>("sdk_auth", "Log in as the environment says."),
        block<&T::workload_identity>("workload_identity", "Log in as the pod's service account."),
        optional<&T::refresh_interval>("refresh_interval", "How often to ask."),
        optional<&T::resource_group>("resource_group", "Resource group; by default all."),
        inlined<&T::proxy>(),
        optional<&T::follow_redirects>("follow_redirects", "Whether redirects are followed."),
        optional<&T::enable_http2>("enable_http2", "Whether HTTP/2 may be used over TLS."),
        block<&T::tls>("tls_config", "TLS towards Azure."),
        optional<&T::http_headers>("http_headers", "Headers to send with every request."));
  }
  Result<> validate() const {
    const int methods = (oauth ? 1 : 0) + (managed_identity ? 1 : 0) + (sdk_auth ? 1 : 0) +
                        (workload_identity ? 1 : 0);
    if (methods != 1)
      return fail(
          "exactly one of oauth, managed_identity, sdk_auth, or workload_identity must be "
          "specified");
    TRY(tls.validate());
    TRY(validate_refresh_interval(refresh_interval));
    return proxy.validate();
  }
  HttpClientArguments client() const {
    return {.proxy = proxy,
            .tls = tls,
            .follow_redirects = follow_redirects,
            .enable_http2 = enable_http2,
            .http_headers = http_headers};
  }
  // How to log in. Reads the environment, and the file that it names.
  Result<cloud_tokens::TokenRequest> ask_for_token(const Cloud& cloud) const {
    using namespace cloud_tokens;
    const AzureContext about{.authority = std::string(cloud.login) + '/',
                             .scope = std::string(cloud.resource) + "/.default"};
    if (oauth)
      return azure_ask_with_secret(about, oauth->tenant_id, oauth->client_id,
                                   oauth->client_secret.value);
    if (managed_identity) return azure_ask_machine(about, managed_identity->client_id);
    if (sdk_auth) return azure_ask_as_environment_says(about, sdk_auth->tenant_id);
    return azure_ask_with_assertion(about, cloud_tokens::environment("AZURE_TENANT_ID"),
                                    cloud_tokens::environment("AZURE_CLIENT_ID"),
                                    cloud_tokens::environment("AZURE_FEDERATED_TOKEN_FILE"));
  }
};

constexpr std::string_view compute_version = "2023-03-01";
constexpr std::string_view network_version = "2022-11-01";
constexpr std::string_view set_network_version = "2018-10-01";

class Azure final : public HttpRefreshDiscoverer {
 public:
  Azure(Arguments arguments, Cloud cloud, ClientPointer client, ClientPointer token_client,
        const DiscoveryContext& context)
      : HttpRefreshDiscoverer("azure", arguments.refresh_interval, std::move(client), context),
        arguments_(std::move(arguments)),
        cloud_(cloud),
        tokens_(std::make_shared<cloud_tokens::TokenSource>(
            std::move(token_client),
            [arguments = arguments_, cloud](WallTime) { return arguments.ask_for_token(cloud); },
            context.clock)),
        failures_(context.metrics.counter("prometheus_sd_azure_failures_total",
                                          "Number of Azure service discovery refresh failures.")),
        cache_hits_(context.metrics.counter("prometheus_sd_azure_cache_hit_total",
                                            "Number of cache hit during refresh.")) {}

 private:
  struct CachedInterface {
    Interface interface;
    SteadyTime expires;
  };

  Task<Result<std::vector<TargetGroup>>> refresh(StopToken stop) override;
  Task<Result<std::vector<Target>>> find_targets(StopToken stop);
  Task<Result<std::vector<Machine>>> find_machines(StopToken stop);
  Task<Result<std::vector<JsonDocument>>> all_pages(std::string path, StopToken stop);
  Task<Result<net::Response>> ask(std::string url, StopToken stop);
  // None for what is gone.
  Task<Result<std::optional<Interface>>> find_interface(std::string id, bool is_in_set,
                                                        StopToken stop);
  Task<Result<std::optional<Target>>> find_target(const Machine* machine, StopToken stop);

  Arguments arguments_;
  Cloud cloud_;
  std::shared_ptr<cloud_tokens::TokenSource> tokens_;
  Counter& failures_;
  Counter& cache_hits_;
  std::map<std::string, CachedInterface> interfaces_;
};

Task<Result<net::Response>> Azure::ask(std::string url, StopToken stop) {
  CO_TRY(auto token, co_await cloud_tokens::TokenSource::get(tokens_, stop));
  net::Request request{.url = std::move(url)};
  request.headers.add("Authorization", std::move(token.authorization));
  co_return co_await fetch(std::move(request), std::move(stop));
}

Task<Result<std::vector<JsonDocument>>> Azure::all_pages(std::string path, StopToken stop) {
  std::vector<JsonDocument> pages;
  std::string url = fmt::format("{}{}?api-version={}", cloud_.resource, path, compute_version);
  while (!url.empty()) {
    CO_TRY(const auto response, co_await ask(std::move(url), stop));
    if (!response.is_success())
      co_return fail(fmt::format("{} answers {}", path, response.status_line));
    CO_TRY(auto page, JsonDocument::parse(response.body));
    url = page.root()["nextLink"].text();
    CO_TRY(page.check());
    pages.push_back(std::move(page));
  }
  co_return pages;
}

Task<Result<std::vector<Machine>>> Azure::find_machines(StopToken stop) {
  std::string folder = "/subscriptions/" + net::escape_path_segment(arguments_.subscription_id);
  if (!arguments_.resource_group.empty())
    folder += "/resourceGroups/" + net::escape_path_segment(arguments_.resource_group);
  folder += "/providers/Microsoft.Compute/";
  std::vector<Machine> machines;
  CO_TRY(const auto alone, co_await all_pages(folder + "virtualMachines", stop));
  for (const JsonDocument& page : alone)
    for (const JsonNode& node : page.root()["value"].elements())
      machines.push_back(read_machine(node, ""));
  CO_TRY(const auto sets, co_await all_pages(folder + "virtualMachineScaleSets", stop));
  for (const JsonDocument& page : sets) {
    for (const JsonNode& set : page.root()["value"].elements()) {
      const std::string id(set["id"].text());
      const std::string name(set["name"].text());
      CO_TRY(const auto members, co_await all_pages(id + "/virtualMachines", stop));
      for (const JsonDocument& members_page : members)
        for (const JsonNode& node : members_page.root()["value"].elements())
          machines.push_back(read_machine(node, name));
    }
  }
  co_return machines;
}

Task<Result<std::optional<Interface>>> Azure::find_interface(std::string id, bool is_in_set,
                                                             StopToken stop) {
  const SteadyTime now = context().clock.steady();
  const auto cached = interfaces_.find(id);
  if (cached != interfaces_.end() && now < cached->second.expires) {
    cache_hits_.add();
    co_return cached->second.interface;
  }
  const std::string url =
      fmt::format("{}{}?api-version={}&$expand=ipConfigurations/publicIPAddress", cloud_.resource,
                  id, is_in_set ? set_network_version : network_version);
  CO_TRY(const auto response, co_await ask(url, std::move(stop)));
  if (response.status == 404) {
    context().logger.warn("Network interface does not exist", {{"name", id}});
    co_return std::nullopt;
  }
  if (!response.is_success())
    co_return fail(fmt::format("failed to retrieve Interface {}: {}", id, response.status_line));
  CO_TRY(const auto document, JsonDocument::parse(response.body));
  const Interface interface = read_interface(document.root());
  CO_TRY(document.check());
  constexpr int intervals_kept = 5;
  interfaces_[id] = {interface, now + interval() * intervals_kept};
  co_return interface;
}

Task<Result<std::optional<Target>>> Azure::find_target(const Machine* machine, StopToken stop) {
  const Place place{.subscription_id = arguments_.subscription_id,
                    .tenant_id = arguments_.oauth      ? arguments_.oauth->tenant_id
                                 : arguments_.sdk_auth ? arguments_.sdk_auth->tenant_id
                                                       : std::string(),
                    .port = arguments_.port};
  for (const std::string& id : machine->interfaces) {
    CO_TRY(const auto interface, co_await find_interface(id, !machine->scale_set.empty(), stop));
    if (!interface || !interface->is_primary) co_return std::nullopt;
    if (!*interface->is_primary) continue;
    if (interface->private_address.empty())
      co_return fail("unable to find a private IP for VM " + machine->name);
    co_return machine_target(*machine, *interface, place);
  }
  co_return std::nullopt;
}

Task<Result<std::vector<Target>>> Azure::find_targets(StopToken stop) {
  CO_TRY(const auto machines, co_await find_machines(stop));
  std::erase_if(interfaces_, [now = context().clock.steady()](const auto& entry) {
    return entry.second.expires < now;
  });
  std::vector<Target> targets;
  for (const Machine& machine : machines) {
    CO_TRY(auto target, co_await find_target(&machine, stop));
    if (target) targets.push_back(*std::move(target));
  }
  co_return targets;
}

Task<Result<std::vector<TargetGroup>>> Azure::refresh(StopToken stop) {
  auto targets = co_await find_targets(stop);
  if (!targets) {
    if (!stop.stop_requested()) failures_.add();
    co_return std::unexpected(
        std::move(targets).error().with_context("unable to complete Azure service discovery"));
  }
  co_return single_group("azure", *std::move(targets));
}

Result<std::unique_ptr<Discoverer>> make(Arguments arguments, const DiscoveryContext& context) {
  TRY(const Cloud cloud, find_cloud(arguments.environment));
  TRY(auto client, make_client(arguments.client(), context));
  TRY(auto token_client, make_client(arguments.client(), context));
  return std::make_unique<Azure>(std::move(arguments), cloud, std::move(client),
                                 std::move(token_client), context);
}

}  // namespace
}  // namespace alloy::discovery::azure

namespace alloy {

extern const ComponentType discovery_azure;
const ComponentType discovery_azure = {
    .name = "discovery.azure",
    .doc = "Discovers Azure's virtual machines.",
    .supports_live_debugging = true,
    .arguments = &schema_of<discovery::azure::Arguments>,
    .exports = &schema_of<discovery::Exports>,
    .create =
        create<discovery::DiscoveryComponent<discovery::azure::Arguments, discovery::azure::make>>,
};

}  // namespace alloy
