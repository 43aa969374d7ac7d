// discovery.openstack makes targets of the instances or hypervisors of an OpenStack region.
#include <set>

#include "components/discovery/openstack/identity.h"
#include "components/discovery/shared/http_refresh.h"

namespace alloy::discovery::openstack {
namespace {

struct Arguments {
  std::string identity_endpoint;
  std::string username;
  std::string userid;
  Secret password;
  std::string project_name;
  std::string project_id;
  std::string domain_name;
  std::string domain_id;
  std::string application_credential_name;
  std::string application_credential_id;
  Secret application_credential_secret;
  std::string role;
  std::string region;
  Duration refresh_interval = 1min;
  int port = 80;
  bool all_tenants = false;
  TlsClientArguments tls;
  std::string availability = "public";

  static constexpr auto schema();
  Result<> validate() const {
    if (availability != "public" && availability != "internal" && availability != "admin")
      return fail(fmt::format("unknown availability {}, must be one of admin, internal or public",
                              availability));
    if (role != "instance" && role != "hypervisor")
      return fail(
          fmt::format("unknown availability {}, must be one of instance or hypervisor", role));
    TRY(validate_refresh_interval(refresh_interval));
    return tls.validate();
  }
  Login login() const {
    if (identity_endpoint.empty()) return login_from_environment();
    return {.identity_endpoint = identity_endpoint,
            .username = username,
            .user_id = userid,
            .password = password.value,
            .project_name = project_name,
            .project_id = project_id,
            .domain_name = domain_name,
            .domain_id = domain_id,
            .credential_name = application_credential_name,
            .credential_id = application_credential_id,
            .credential_secret = application_credential_secret.value};
  }
};

constexpr auto Arguments::schema() {
  using T = Arguments;
  return fields(
      optional<&T::identity_endpoint>("identity_endpoint",
                                      "URL of the identity service; without one, the login is the "
                                      "environment's."),
      optional<&T::username>("username", "User name."),
      optional<&T::userid>("userid", "Id of the user."),
      optional<&T::password>("password", "Password."),
      optional<&T::project_name>("project_name", "Name of the project."),
      optional<&T::project_id>("project_id", "Id of the project."),
      optional<&T::domain_name>("domain_name", "Name of the domain."),
      optional<&T::domain_id>("domain_id", "Id of the domain."),
      optional<&T::application_credential_name>("application_credential_name",
                                                "Name of an application credential."),
      optional<&T::application_credential_id>("application_credential_id",
                                              "Id of an application credential."),
      optional<&T::application_credential_secret>("application_credential_secret",
                                                  "Secret of the application credential."),
      required<&T::role>("role", "What becomes targets: instance or hypervisor."),
      required<&T::region>("region", "The region."),
      optional<&T::refresh_interval>("refresh_interval", "How often to ask."),
      optional<&T::port>("port", "Port of the targets."),
      optional<&T::all_tenants>("all_tenants", "Instances of all projects, as an administrator."),
      block<&T::tls>("tls_config", "TLS towards OpenStack."),
      optional<&T::availability>("availability",
                                 "Which endpoints to use: public, internal or admin."));
}

// Which floating address leads to which instance's address.
struct FloatingAddresses {
  std::map<std::pair<std::string, std::string>, std::string> by_instance_and_address;
  std::set<std::string, std::less<>> all;
};

class OpenStack final : public HttpRefreshDiscoverer {
 public:
  OpenStack(Arguments arguments, ClientPointer client, const DiscoveryContext& context)
      : HttpRefreshDiscoverer("openstack", arguments.refresh_interval, std::move(client), context),
        arguments_(std::move(arguments)) {}

 private:
  // A token, and where it leads.
  struct Session {
    std::string token;
    JsonDocument answer;
  };

  Task<Result<std::vector<TargetGroup>>> refresh(StopToken stop) override;
  Task<Result<Session>> log_in(StopToken stop) const;
  Task<Result<std::vector<Target>>> find_hypervisors(const Session* session, StopToken stop) const;
  Task<Result<std::vector<Target>>> find_instances(const Session* session, StopToken stop) const;
  Task<Result<FloatingAddresses>> find_addresses(const Session* session, StopToken stop) const;
  Task<Result<std::string>> find_network_api(const Session* session, StopToken stop) const;
  // All pages of a list, whose entries are the member of that name.
  Task<Result<std::vector<JsonDocument>>> all_pages(std::string url, std::string name,
                                                    std::string token, StopToken stop) const;
  Result<std::string> service(const Session& session, std::string_view type) const {
    return find_service(session.answer.root()["token"], type, arguments_.region,
                        arguments_.availability);
  }
  void add_instance(JsonNode server, const FloatingAddresses& addresses,
                    std::vector<Target>& targets) const;

  Arguments arguments_;
};

Task<Result<OpenStack::Session>> OpenStack::log_in(StopToken stop) const {
  const Login login = arguments_.login();
  CO_TRY(const std::string body, login_body(login));
  net::Request request{.method = "POST", .url = token_url(login), .body = body};
  request.headers.add("Content-Type", "application/json");
  CO_TRY(const auto response, co_await fetch_good(std::move(request), std::move(stop)));
  CO_TRY(auto answer, JsonDocument::parse(response.body));
  co_return Session{.token = std::string(response.headers.get("X-Subject-Token")),
                    .answer = std::move(answer)};
}

Task<Result<std::vector<JsonDocument>>> OpenStack::all_pages(std::string url, std::string name,
                                                             std::string token,
                                                             StopToken stop) const {
  std::vector<JsonDocument> pages;
  while (!url.empty()) {
    CO_TRY(auto page, co_await fetch_json(url, {{"X-Auth-Token", token}}, stop));
    url.clear();
    for (const JsonNode& link : page.root()[name + "_links"].elements())
      if (link["rel"].text() == "next") url = link["href"].text();
    CO_TRY(page.check());
    pages.push_back(std::move(page));
  }
  co_return pages;
}

Task<Result<std::vector<Target>>> OpenStack::find_hypervisors(const Session* session,
                                                              StopToken stop) const {
  CO_TRY(const auto compute, service(*session, "compute"));
  CO_TRY(const auto pages, co_await all_pages(without_slashes(compute) + "/os-hypervisors/detail",
                                              "hypervisors", session->token, std::move(stop)));
  std::vector<Target> targets;
  TargetBuilder builder;
  for (const JsonDocument& page : pages) {
    for (const JsonNode& hypervisor : page.root()["hypervisors"].elements()) {
      const auto put = [&](std::string_view name, std::string_view value) {
        builder.put_copy(fmt::format("__meta_openstack_hypervisor_{}", name), value);
      };
      builder.reset();
      builder.put_copy("__address__",
                       join_host_port(hypervisor["host_ip"].text(), arguments_.port));
      put("id", hypervisor["id"].scalar_text());
      put("hostname", hypervisor["hypervisor_hostname"].text());
      put("host_ip", hypervisor["host_ip"].text());
      put("status", hypervisor["status"].text());
      put("state", hypervisor["state"].text());
      put("type", hypervisor["hypervisor_type"].text());
      targets.push_back(builder.build());
    }
    CO_TRY(page.check());
  }
  co_return targets;
}

// The network service says which versions it has, and where.
Task<Result<std::string>> OpenStack::find_network_api(const Session* session,
                                                      StopToken stop) const {
  CO_TRY(std::string url, service(*session, "network"));
  url = without_slashes(std::move(url));
  if (url.ends_with("/v2.0")) co_return url;
  const auto versions =
      co_await fetch_json(url + "/", {{"X-Auth-Token", session->token}}, std::move(stop));
  if (versions && versions->root().is_object())
    for (const JsonNode& version : versions->root()["versions"].elements())
      if (version["id"].text() == "v2.0")
        for (const JsonNode& link : version["links"].elements())
          if (link["rel"].text() == "self")
            co_return without_slashes(std::string(link["href"].text()));
  co_return url + "/v2.0";
}

Task<Result<FloatingAddresses>> OpenStack::find_addresses(const Session* session,
                                                          StopToken stop) const {
  CO_TRY(const auto network, co_await find_network_api(session, stop));
  CO_TRY(const auto port_pages,
         co_await all_pages(network + "/ports", "ports", session->token, stop));
  std::map<std::string_view, std::string_view> devices;
  for (const JsonDocument& page : port_pages)
    for (const JsonNode& port : page.root()["ports"].elements())
      devices[port["id"].text()] = port["device_id"].text();
  CO_TRY(const auto pages,
         co_await all_pages(network + "/floatingips", "floatingips", session->token, stop));
  FloatingAddresses addresses;
  for (const JsonDocument& page : pages) {
    for (const JsonNode& floating : page.root()["floatingips"].elements()) {
      const auto device = devices.find(floating["port_id"].text());
      const auto fixed = floating["fixed_ip_address"].text();
      if (device == devices.end() || fixed.empty()) continue;
      const std::string address(floating["floating_ip_address"].text());
      addresses.all.insert(address);
      addresses.by_instance_and_address[{std::string(device->second), std::string(fixed)}] =
          address;
    }
    CO_TRY(page.check());
  }
  co_return addresses;
}

void OpenStack::add_instance(JsonNode server, const FloatingAddresses& addresses,
                             std::vector<Target>& targets) const {
  const std::string id(server["id"].text());
  TargetBuilder common;
  common.put("__meta_openstack_instance_id", id);
  common.put("__meta_openstack_instance_status", server["status"].text());
  common.put("__meta_openstack_instance_name", server["name"].text());
  common.put("__meta_openstack_project_id", server["tenant_id"].text());
  common.put("__meta_openstack_user_id", server["user_id"].text());
  const JsonNode flavor = server["flavor"];
  const JsonNode flavor_name = flavor["original_name"] ? flavor["original_name"] : flavor["id"];
  if (!flavor_name.is_text()) {
    context().logger.warn("an instance's flavor has neither name nor id", {{"instance", id}});
    return;
  }
  common.put("__meta_openstack_instance_flavor", flavor_name.text());
  if (server["image"].is_object())
    common.put("__meta_openstack_instance_image", server["image"]["id"].text());
  for (const auto& [name, value] : server["metadata"].members())
    common.put_sanitized("__meta_openstack_tag_", name, value.text());
  TargetBuilder builder;
  for (const auto& [pool, list] : server["addresses"].members()) {
    for (const JsonNode& entry : list.elements()) {
      const auto address = entry["addr"].text();
      if (addresses.all.contains(address)) continue;
      builder.reset(common.labels());
      builder.put_copy("__address__", join_host_port(address, arguments_.port));
      builder.put("__meta_openstack_address_pool", pool);
      builder.put("__meta_openstack_private_ip", address);
      const auto floating = addresses.by_instance_and_address.find({id, std::string(address)});
      if (floating != addresses.by_instance_and_address.end())
        builder.put("__meta_openstack_public_ip", floating->second);
      targets.push_back(builder.build());
    }
  }
}

Task<Result<std::vector<Target>>> OpenStack::find_instances(const Session* session,
                                                            StopToken stop) const {
  CO_TRY(const auto compute, service(*session, "compute"));
  CO_TRY(const auto addresses, co_await find_addresses(session, stop));
  std::string url = without_slashes(compute) + "/servers/detail";
  if (arguments_.all_tenants) url += "?all_tenants=true";
  CO_TRY(const auto pages, co_await all_pages(std::move(url), "servers", session->token, stop));
  std::vector<Target> targets;
  for (const JsonDocument& page : pages) {
    for (const JsonNode& server : page.root()["servers"].elements())
      add_instance(server, addresses, targets);
    CO_TRY(page.check());
  }
  co_return targets;
}

Task<Result<std::vector<TargetGroup>>> OpenStack::refresh(StopToken stop) {
  auto session = co_await log_in(stop);
  if (!session)
    co_return std::unexpected(
        std::move(session).error().with_context("could not authenticate to OpenStack"));
  std::vector<Target> targets;
  if (arguments_.role == "hypervisor") {
    CO_TRY(targets, co_await find_hypervisors(&*session, stop));
  } else {
    CO_TRY(targets, co_await find_instances(&*session, stop));
  }
  co_return single_group("OS_" + arguments_.region, std::move(targets));
}

Result<std::unique_ptr<Discoverer>> make(Arguments arguments, const DiscoveryContext& context) {
  if (arguments.login().identity_endpoint.empty())
    return fail("Missing environment variable [OS_AUTH_URL]");
  HttpClientArguments options;
  options.tls = arguments.tls;
  TRY(auto client, make_client(options, context));
  return std::make_unique<OpenStack>(std::move(arguments), std::move(client), context);
}

}  // namespace
}  // namespace alloy::discovery::openstack

namespace alloy {

extern const ComponentType discovery_openstack;
const ComponentType discovery_openstack = {
    .name = "discovery.openstack",
    .doc = "Discovers the instances and hypervisors of OpenStack.",
    .supports_live_debugging = true,
    .arguments = &schema_of<discovery::openstack::Arguments>,
    .exports = &schema_of<discovery::Exports>,
    .create = create<
        discovery::DiscoveryComponent<discovery::openstack::Arguments, discovery::openstack::make>>,
};

}  // namespace alloy
