// discovery.scaleway makes targets of Scaleway's instances or bare metal servers.
#include <cctype>

#include "base/file.h"
#include "base/text.h"
#include "components/discovery/shared/http_refresh.h"
#include "net/url.h"

namespace alloy::discovery::scaleway {
namespace {

enum class Role : unsigned char { unknown, baremetal, instance };
constexpr auto enum_names(Role) {
  return std::array{EnumName{Role::baremetal, "baremetal"}, EnumName{Role::instance, "instance"}};
}
std::string enum_error(Role, std::string_view text) {
  return fmt::format("invalid role {}", quote(text));
}

bool is_uuid(std::string_view text) {
  constexpr std::string_view form = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  return std::ranges::equal(text, form, [](char c, char expected) {
    return expected == '-' ? c == '-' : std::isxdigit(static_cast<unsigned char>(c)) != 0;
  });
}

bool is_access_key(std::string_view text) {
  constexpr size_t size = 20;
  return text.size() == size && text.starts_with("SCW") && std::ranges::all_of(text, [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
         });
}

struct Arguments {
  std::string project_id;
  Role role = Role::unknown;
  std::string api_url = "https://api.scaleway.com";
  std::string zone = "fr-par-1";
  std::string access_key;
  Secret secret_key;
  std::string secret_key_file;
  std::string name_filter;
  std::vector<std::string> tags_filter;
  Duration refresh_interval = 1min;
  int port = 80;
  TransportArguments transport;

  static constexpr auto schema() {
    using T = Arguments;
    return fields(required<&T::project_id>("project_id", "Id of the project."),
                  required<&T::role>("role", "Which servers: instance or baremetal."),
                  optional<&T::api_url>("api_url", "URL of the API."),
                  optional<&T::zone>("zone", "Zone of the servers."),
                  required<&T::access_key>("access_key", "Access key."),
                  optional<&T::secret_key>("secret_key", "Secret key."),
                  optional<&T::secret_key_file>("secret_key_file", "File with the secret key."),
                  optional<&T::name_filter>("name_filter", "Name of the servers to ask for."),
                  optional<&T::tags_filter>("tags_filter", "Tags of the servers to ask for."),
                  optional<&T::refresh_interval>("refresh_interval", "How often to ask."),
                  optional<&T::port>("port", "Port of the targets."), inlined<&T::transport>());
  }
  Result<> validate() const;
};

Result<> Arguments::validate() const {
  constexpr std::string_view uuid_form = "expected a UUID: xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  if (project_id.empty()) return fail("project_id must not be empty");
  if (secret_key.empty() == secret_key_file.empty())
    return fail("exactly one of secret_key or secret_key_file must be configured");
  if (access_key.empty()) return fail("access_key must not be empty");
  TRY(transport.validate());
  TRY(validate_refresh_interval(refresh_interval));
  if (!is_access_key(access_key))
    return fail(
        fmt::format("scaleway-sdk-go: invalid access key format '{}', expected "
                    "SCWXXXXXXXXXXXXXXXXX format",
                    access_key));
  if (!secret_key.empty() && !is_uuid(secret_key.value))
    return fail(fmt::format("scaleway-sdk-go: invalid secret key format, {}", uuid_form));
  if (!is_uuid(project_id))
    return fail(fmt::format("scaleway-sdk-go: invalid default project ID format '{}', {}",
                            project_id, uuid_form));
  TRY(net::parse_url(api_url));
  return {};
}

constexpr std::string_view separator = ",";

Target bare_metal_target(JsonNode server, const std::vector<JsonDocument>& offers,
                         const std::vector<JsonDocument>& systems, int port) {
  TargetBuilder builder;
  const auto put = [&](std::string_view name, std::string_view value) {
    builder.put(builder.keep(fmt::format("__meta_scaleway_baremetal_{}", name)), value);
  };
  put("id", server["id"].text());
  put("name", server["name"].text());
  put("zone", server["zone"].text());
  put("status", server["status"].text());
  put("project_id", server["project_id"].text());
  for (const JsonDocument& page : offers)
    for (const JsonNode& offer : page.root()["offers"].elements())
      if (offer["id"].text() == server["offer_id"].text()) put("type", offer["name"].text());
  if (const JsonNode install = server["install"]) {
    for (const JsonDocument& page : systems) {
      for (const JsonNode& system : page.root()["os"].elements()) {
        if (system["id"].text() != install["os_id"].text()) continue;
        put("os_name", system["name"].text());
        put("os_version", system["version"].text());
      }
    }
  }
  builder.put_tags("__meta_scaleway_baremetal_tags", server["tags"].texts(), separator);
  std::string_view v4;
  std::string_view v6;
  for (const JsonNode& address : server["ips"].elements()) {
    std::string_view& first = address["version"].text() == "IPv6" ? v6 : v4;
    if (first.empty()) first = address["address"].text();
  }
  if (!v4.empty()) put("public_ipv4", v4);
  if (!v6.empty()) put("public_ipv6", v6);
  builder.put_copy("__address__", join_host_port(v4.empty() ? v6 : v4, port));
  return builder.build();
}

// Puts the addresses of an instance, and returns the one to reach it by.
std::string_view put_addresses(TargetBuilder& builder, JsonNode server) {
  std::vector<std::string_view> v4;
  std::vector<std::string_view> v6;
  for (const JsonNode& address : server["public_ips"].elements())
    (address["family"].text() == "inet6" ? v6 : v4).push_back(address["address"].text());
  builder.put_tags("__meta_scaleway_instance_public_ipv4_addresses", v4, separator);
  builder.put_tags("__meta_scaleway_instance_public_ipv6_addresses", v6, separator);
  std::string_view best;
  if (const JsonNode address = server["ipv6"]) {
    best = address["address"].text();
    builder.put("__meta_scaleway_instance_public_ipv6", best);
  }
  if (const JsonNode address = server["public_ip"]) {
    best = address["address"].text();
    if (address["family"].text() != "inet6")
      builder.put("__meta_scaleway_instance_public_ipv4", best);
  }
  if (const JsonNode address = server["private_ip"]) {
    best = address.text();
    builder.put("__meta_scaleway_instance_private_ipv4", best);
  }
  return best;
}

std::optional<Target> instance_target(JsonNode server, int port) {
  TargetBuilder builder;
  const auto put = [&](std::string_view name, JsonNode value) {
    builder.put(builder.keep(fmt::format("__meta_scaleway_instance_{}", name)), value.text());
  };
  constexpr std::pair<std::string_view, std::string_view> members[] = {
      {"boot_type", "boot_type"}, {"hostname", "hostname"},    {"id", "id"},
      {"name", "name"},           {"status", "state"},         {"organization_id", "organization"},
      {"project_id", "project"},  {"type", "commercial_type"}, {"zone", "zone"}};
  for (const auto& [label, name] : members) put(label, server[name]);
  if (const JsonNode image = server["image"])
    for (const std::string_view name : {"arch", "id", "name"})
      put(fmt::format("image_{}", name), image[name]);
  if (const JsonNode location = server["location"])
    for (const std::string_view name : {"cluster_id", "hypervisor_id", "node_id"})
      put(fmt::format("location_{}", name), location[name]);
  if (const JsonNode group = server["security_group"])
    for (const std::string_view name : {"id", "name"})
      put(fmt::format("security_group_{}", name), group[name]);
  const auto zone = server["zone"].text();
  if (const size_t dash = zone.rfind('-'); dash != std::string_view::npos)
    builder.put("__meta_scaleway_instance_region", zone.substr(0, dash));
  builder.put_tags("__meta_scaleway_instance_tags", server["tags"].texts(), separator);
  const auto address = put_addresses(builder, server);
  if (address.empty()) return std::nullopt;
  builder.put_copy("__address__", join_host_port(address, port));
  return builder.build();
}

class Scaleway final : public HttpRefreshDiscoverer {
 public:
  Scaleway(Arguments arguments, ClientPointer client, const DiscoveryContext& context)
      : HttpRefreshDiscoverer("scaleway", arguments.refresh_interval, std::move(client), context),
        arguments_(std::move(arguments)) {}

 private:
  using Parameters = std::multimap<std::string, std::string>;

  Task<Result<std::vector<TargetGroup>>> refresh(StopToken stop) override;
  // All pages of a list, whose entries are the member of that name.
  Task<Result<std::vector<JsonDocument>>> all_pages(std::string api, std::string name,
                                                    Parameters parameters, StopToken stop) const;
  Parameters filters(std::string order_by, std::string order) const;

  Arguments arguments_;
};

Scaleway::Parameters Scaleway::filters(std::string order_by, std::string order) const {
  Parameters parameters = {{std::move(order_by), std::move(order)}};
  if (!arguments_.name_filter.empty()) parameters.emplace("name", arguments_.name_filter);
  std::string tags;
  for (const std::string& tag : arguments_.tags_filter) tags += (tags.empty() ? "" : ",") + tag;
  if (!tags.empty()) parameters.emplace("tags", tags);
  return parameters;
}

Task<Result<std::vector<JsonDocument>>> Scaleway::all_pages(std::string api, std::string name,
                                                            Parameters parameters,
                                                            StopToken stop) const {
  std::string secret = arguments_.secret_key.value;
  if (!arguments_.secret_key_file.empty()) {
    CO_TRY(const auto text,
           co_await run_blocking(context().executor.blocking(),
                                 [path = arguments_.secret_key_file] { return read_file(path); }));
    secret = trim(text);
  }
  std::vector<JsonDocument> pages;
  size_t found = 0;
  for (int number = 1;; ++number) {
    parameters.erase("page");
    parameters.emplace("page", std::to_string(number));
    const std::string url =
        fmt::format("{}/{}/v1/zones/{}/{}?{}", without_slashes(arguments_.api_url), api,
                    arguments_.zone, name, net::encode_query(parameters));
    CO_TRY(auto page, co_await fetch_json(url, {{"X-Auth-Token", secret}}, stop));
    const size_t size = page.root()[name].elements().size();
    found += size;
    const bool is_last =
        size == 0 || std::cmp_greater_equal(found, page.root()["total_count"].integer());
    CO_TRY(page.check());
    pages.push_back(std::move(page));
    if (is_last) co_return pages;
  }
}

Task<Result<std::vector<TargetGroup>>> Scaleway::refresh(StopToken stop) {
  std::vector<Target> targets;
  if (arguments_.role == Role::instance) {
    CO_TRY(const auto pages,
           co_await all_pages("instance", "servers", filters("order", "creation_date_desc"), stop));
    for (const JsonDocument& page : pages) {
      for (const JsonNode& server : page.root()["servers"].elements())
        if (auto target = instance_target(server, arguments_.port))
          targets.push_back(*std::move(target));
      CO_TRY(page.check());
    }
    co_return single_group("scaleway", std::move(targets));
  }
  CO_TRY(const auto pages,
         co_await all_pages("baremetal", "servers", filters("order_by", "created_at_asc"), stop));
  Parameters period = {{"subscription_period", "unknown_subscription_period"}};
  CO_TRY(const auto offers, co_await all_pages("baremetal", "offers", std::move(period), stop));
  CO_TRY(const auto systems, co_await all_pages("baremetal", "os", {}, stop));
  for (const JsonDocument& page : pages) {
    for (const JsonNode& server : page.root()["servers"].elements())
      targets.push_back(bare_metal_target(server, offers, systems, arguments_.port));
    CO_TRY(page.check());
  }
  co_return single_group("scaleway", std::move(targets));
}

Result<std::unique_ptr<Discoverer>> make(Arguments arguments, const DiscoveryContext& context) {
  TRY(auto client, make_client(arguments.transport.client(), context));
  return std::make_unique<Scaleway>(std::move(arguments), std::move(client), context);
}

}  // namespace
}  // namespace alloy::discovery::scaleway

namespace alloy {

extern const ComponentType discovery_scaleway;
const ComponentType discovery_scaleway = {
    .name = "discovery.scaleway",
    .doc = "Discovers Scaleway's instances and bare metal servers.",
    .supports_live_debugging = true,
    .arguments = &schema_of<discovery::scaleway::Arguments>,
    .exports = &schema_of<discovery::Exports>,
    .create = create<
        discovery::DiscoveryComponent<discovery::scaleway::Arguments, discovery::scaleway::make>>,
};

}  // namespace alloy
