// discovery.ovhcloud makes targets of OVHcloud's virtual or dedicated servers.
#include "base/text.h"
#include "components/discovery/ovhcloud/signature.h"
#include "components/discovery/shared/http_refresh.h"
#include "net/url.h"

namespace alloy::discovery::ovhcloud {
namespace {

struct Arguments {
  std::string endpoint = "ovh-eu";
  std::string application_key;
  Secret application_secret;
  Secret consumer_key;
  Duration refresh_interval = 1min;
  std::string service;

  static constexpr auto schema() {
    using T = Arguments;
    return fields(
        optional<&T::endpoint>("endpoint", "Name or URL of the API's endpoint."),
        required<&T::application_key>("application_key", "Key of the application."),
        required<&T::application_secret>("application_secret", "Secret of the application."),
        required<&T::consumer_key>("consumer_key", "Key of the consumer."),
        optional<&T::refresh_interval>("refresh_interval", "How often to ask."),
        required<&T::service>("service", "Which servers: vps or dedicated_server."));
  }
  Result<> validate() const {
    if (endpoint.empty()) return fail("endpoint cannot be empty");
    if (application_key.empty()) return fail("application_key cannot be empty");
    if (application_secret.empty()) return fail("application_secret cannot be empty");
    if (consumer_key.empty()) return fail("consumer_key cannot be empty");
    if (service != "dedicated_server" && service != "vps")
      return fail("unknown service: " + service);
    return validate_refresh_interval(refresh_interval);
  }
};

constexpr std::pair<std::string_view, std::string_view> endpoints[] = {
    {"ovh-eu", "https://eu.api.ovh.com/1.0"},
    {"ovh-ca", "https://ca.api.ovh.com/1.0"},
    {"ovh-us", "https://api.us.ovhcloud.com/1.0"},
    {"kimsufi-eu", "https://eu.api.kimsufi.com/1.0"},
    {"kimsufi-ca", "https://ca.api.kimsufi.com/1.0"},
    {"soyoustart-eu", "https://eu.api.soyoustart.com/1.0"},
    {"soyoustart-ca", "https://ca.api.soyoustart.com/1.0"}};

Result<std::string> find_endpoint(std::string_view name) {
  if (name.contains('/')) return without_slashes(std::string(name));
  for (const auto& [known, url] : endpoints)
    if (known == name) return std::string(url);
  return fail(
      fmt::format("unknown endpoint '{}', consider checking 'Endpoints' list or using an "
                  "URL",
                  name));
}

struct Addresses {
  std::string_view v4;
  std::string_view v6;
};

// Of networks only those of a single address count.
Addresses addresses_of(JsonNode list) {
  Addresses addresses;
  for (std::string_view text : list.texts()) {
    if (const size_t slash = text.find('/'); slash != std::string_view::npos) {
      if (text.substr(slash) != "/32") continue;
      text = text.substr(0, slash);
    }
    (text.contains(':') ? addresses.v6 : addresses.v4) = text;
  }
  return addresses;
}

void put_common(TargetBuilder& builder, JsonNode server, const Addresses& addresses,
                std::string_view prefix) {
  builder.put("__address__", addresses.v4.empty() ? addresses.v6 : addresses.v4);
  builder.put("instance", server["name"].text());
  builder.put(builder.keep(fmt::format("{}name", prefix)), server["name"].text());
  builder.put(builder.keep(fmt::format("{}state", prefix)), server["state"].text());
  builder.put(builder.keep(fmt::format("{}ipv4", prefix)), addresses.v4);
  builder.put(builder.keep(fmt::format("{}ipv6", prefix)), addresses.v6);
}

using Members = std::initializer_list<std::pair<std::string_view, JsonNode>>;

// Texts as they are; numbers and flags, which count as 0 and false where they are missing, as text.
enum class MemberKind : unsigned char { text, number, flag };
void put_members(TargetBuilder& builder, std::string_view prefix, MemberKind kind,
                 Members members) {
  for (const auto& [name, value] : members) {
    std::string text = kind == MemberKind::text     ? std::string(value.text())
                       : kind == MemberKind::number ? std::to_string(value.integer())
                       : value.boolean()            ? "true"
                                                    : "false";
    builder.put_copy(std::string(prefix) + std::string(name), text);
  }
}

Target dedicated_target(JsonNode server, const Addresses& addresses) {
  constexpr std::string_view prefix = "__meta_ovhcloud_dedicated_server_";
  TargetBuilder builder;
  put_common(builder, server, addresses, prefix);
  put_members(builder, prefix, MemberKind::text,
              {{"commercial_range", server["commercialRange"]},
               {"rack", server["rack"]},
               {"os", server["os"]},
               {"support_level", server["supportLevel"]},
               {"reverse", server["reverse"]},
               {"datacenter", server["datacenter"]}});
  put_members(builder, prefix, MemberKind::number,
              {{"link_speed", server["linkSpeed"]}, {"server_id", server["serverId"]}});
  put_members(builder, prefix, MemberKind::flag, {{"no_intervention", server["noIntervention"]}});
  return builder.build();
}

Target virtual_target(JsonNode server, const Addresses& addresses) {
  constexpr std::string_view prefix = "__meta_ovhcloud_vps_";
  TargetBuilder builder;
  const JsonNode model = server["model"];
  put_common(builder, server, addresses, prefix);
  put_members(builder, prefix, MemberKind::text,
              {{"offer", model["offer"]},
               {"version", model["version"]},
               {"model_name", model["name"]},
               {"zone", server["zone"]},
               {"display_name", server["displayName"]},
               {"cluster", server["cluster"]},
               {"netboot_mode", server["netbootMode"]},
               {"offer_type", server["offerType"]}});
  put_members(builder, prefix, MemberKind::number,
              {{"model_vcore", model["vcore"]},
               {"maximum_additional_ip", model["maximumAdditionnalIp"]},
               {"disk", model["disk"]},
               {"memory", model["memory"]},
               {"memory_limit", server["memoryLimit"]},
               {"vcore", server["vcore"]}});
  std::string centers;
  for (const std::string_view center : model["datacenter"].texts())
    centers += (centers.empty() ? "" : " ") + std::string(center);
  builder.put_copy("__meta_ovhcloud_vps_datacenter", "[" + centers + "]");
  return builder.build();
}

class OvhCloud final : public HttpRefreshDiscoverer {
 public:
  OvhCloud(Arguments arguments, std::string endpoint, ClientPointer client,
           const DiscoveryContext& context)
      : HttpRefreshDiscoverer("ovhcloud", arguments.refresh_interval, std::move(client), context),
        arguments_(std::move(arguments)),
        endpoint_(std::move(endpoint)) {}

 private:
  Task<Result<std::vector<TargetGroup>>> refresh(StopToken stop) override;
  Task<Result<JsonDocument>> ask(std::string path, StopToken stop) const;
  Task<Result<Target>> find_target(std::string path, StopToken stop) const;

  Arguments arguments_;
  std::string endpoint_;
  int64_t ahead_ = 0;  // How many seconds the server's clock is ahead of ours.
};

Task<Result<JsonDocument>> OvhCloud::ask(std::string path, StopToken stop) const {
  const std::string url = endpoint_ + path;
  const auto now = to_unix_milliseconds(context().clock.wall()) / 1000 + ahead_;
  const std::string timestamp = std::to_string(now);
  net::Headers headers = {
      {"Accept", "application/json"},
      {"X-Ovh-Application", arguments_.application_key},
      {"X-Ovh-Consumer", arguments_.consumer_key.value},
      {"X-Ovh-Timestamp", timestamp},
      {"X-Ovh-Signature", signature_of({.application_secret = arguments_.application_secret.value,
                                        .consumer_key = arguments_.consumer_key.value,
                                        .method = "GET",
                                        .url = url,
                                        .body = "",
                                        .timestamp = timestamp})}};
  co_return co_await fetch_json(url, std::move(headers), std::move(stop));
}

Task<Result<Target>> OvhCloud::find_target(std::string path, StopToken stop) const {
  CO_TRY(const auto server, co_await ask(path, stop));
  CO_TRY(const auto list, co_await ask(path + "/ips", stop));
  const Addresses addresses = addresses_of(list.root());
  if (addresses.v4.empty() && addresses.v6.empty())
    co_return fail("could not parse IP addresses from list");
  Target target = arguments_.service == "vps" ? virtual_target(server.root(), addresses)
                                              : dedicated_target(server.root(), addresses);
  CO_TRY(server.check());
  CO_TRY(list.check());
  co_return target;
}

Task<Result<std::vector<TargetGroup>>> OvhCloud::refresh(StopToken stop) {
  CO_TRY(const auto time, co_await fetch_json(endpoint_ + "/auth/time", {}, stop));
  ahead_ = time.root().integer() - to_unix_milliseconds(context().clock.wall()) / 1000;
  CO_TRY(time.check());
  const std::string folder = arguments_.service == "vps" ? "/vps" : "/dedicated/server";
  CO_TRY(const auto names, co_await ask(folder, stop));
  std::vector<Target> targets;
  for (const std::string_view name : names.root().texts()) {
    auto target = co_await find_target(folder + "/" + net::escape_query(name), stop);
    if (target) {
      targets.push_back(*std::move(target));
    } else {
      context().logger.warn("could not get the details of a server",
                            {{"server", name}, {"err", target.error()}});
    }
  }
  CO_TRY(names.check());
  co_return single_group("ovhcloud_" + arguments_.service, std::move(targets));
}

Result<std::unique_ptr<Discoverer>> make(Arguments arguments, const DiscoveryContext& context) {
  TRY(auto endpoint, find_endpoint(arguments.endpoint));
  TRY(auto client, make_client({}, context));
  return std::make_unique<OvhCloud>(std::move(arguments), std::move(endpoint), std::move(client),
                                    context);
}

}  // namespace
}  // namespace alloy::discovery::ovhcloud

namespace alloy {

extern const ComponentType discovery_ovhcloud;
const ComponentType discovery_ovhcloud = {
    .name = "discovery.ovhcloud",
    .doc = "Discovers OVHcloud's servers.",
    .supports_live_debugging = true,
    .arguments = &schema_of<discovery::ovhcloud::Arguments>,
    .exports = &schema_of<discovery::Exports>,
    .create = create<
        discovery::DiscoveryComponent<discovery::ovhcloud::Arguments, discovery::ovhcloud::make>>,
};

}  // namespace alloy
