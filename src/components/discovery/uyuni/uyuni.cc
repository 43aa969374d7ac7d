// discovery.uyuni makes targets of the exporters that Uyuni manages.
#include <charconv>

#include "components/discovery/shared/http_refresh.h"
#include "components/discovery/uyuni/xml_rpc.h"
#include "net/url.h"

namespace alloy::discovery::uyuni {
namespace {

struct Arguments {
  std::string server;
  std::string username;
  Secret password;
  std::string entitlement = "monitoring_entitled";
  std::string separator = ",";
  Duration refresh_interval = 1min;
  TransportArguments transport;

  static constexpr auto schema() {
    using T = Arguments;
    return fields(required<&T::server>("server", "URL of the Uyuni server."),
                  required<&T::username>("username", "User name."),
                  required<&T::password>("password", "Password."),
                  optional<&T::entitlement>("entitlement", "What systems must be entitled to."),
                  optional<&T::separator>("separator", "Text to join the names of groups with."),
                  optional<&T::refresh_interval>("refresh_interval", "How often to ask."),
                  inlined<&T::transport>());
  }
  Result<> validate() const {
    if (auto url = net::parse_url(server); !url)
      return std::unexpected(std::move(url).error().with_context("invalid server URL"));
    TRY(validate_refresh_interval(refresh_interval));
    return transport.validate();
  }
};

constexpr Duration token_lifetime = 10min;

int64_t number_of(const XmlElement& value) {
  int64_t number = 0;
  const auto text = xml_scalar(value);
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

struct System {
  std::string groups;
  const XmlElement* network = nullptr;
};

class Uyuni final : public HttpRefreshDiscoverer {
 public:
  Uyuni(Arguments arguments, ClientPointer client, const DiscoveryContext& context)
      : HttpRefreshDiscoverer("uyuni", arguments.refresh_interval, std::move(client), context),
        arguments_(std::move(arguments)),
        url_(without_slashes(arguments_.server) + "/rpc/api") {}

 private:
  Task<Result<std::vector<TargetGroup>>> refresh(StopToken stop) override;
  Task<Result<std::vector<Target>>> find_targets(StopToken stop);
  // The answer's text, and the value in it, which may refer to the text.
  struct Answer {
    std::string text;
    XmlElement value;
  };
  Task<Result<Answer>> call(std::string body, std::string_view purpose, StopToken stop) const;

  Arguments arguments_;
  std::string url_;
  std::string token_;
  SteadyTime token_renewal_{};
};

Task<Result<Uyuni::Answer>> Uyuni::call(std::string body, std::string_view purpose,
                                        StopToken stop) const {
  net::Request request{.method = "POST", .url = url_, .body = body};
  request.headers.add("Content-Type", "text/xml");
  auto response = co_await fetch_good(std::move(request), std::move(stop));
  if (!response) co_return std::unexpected(std::move(response).error().with_context(purpose));
  Answer answer{.text = std::move(response->body), .value = {}};
  auto value = xml_result(answer.text);
  if (!value) co_return std::unexpected(std::move(value).error().with_context(purpose));
  answer.value = *std::move(value);
  co_return answer;
}

Target target_of(const XmlElement& endpoint, const System& system) {
  TargetBuilder builder;
  const auto field = [&](std::string_view name) { return xml_scalar(xml_member(endpoint, name)); };
  const auto network = [&](std::string_view name) {
    return system.network == nullptr ? std::string_view()
                                     : xml_scalar(xml_member(*system.network, name));
  };
  builder.put_copy("__address__", fmt::format("{}:{}", network("hostname"), field("port")));
  builder.put("__meta_uyuni_minion_hostname", network("hostname"));
  builder.put("__meta_uyuni_primary_fqdn", network("primary_fqdn"));
  builder.put("__meta_uyuni_system_id", field("system_id"));
  builder.put("__meta_uyuni_groups", system.groups);
  builder.put("__meta_uyuni_endpoint_name", field("endpoint_name"));
  builder.put("__meta_uyuni_exporter", field("exporter_name"));
  builder.put("__meta_uyuni_proxy_module", field("module"));
  builder.put("__meta_uyuni_metrics_path", field("path"));
  builder.put("__meta_uyuni_scheme", field("tls_enabled") == "1" ? "https" : "http");
  return builder.build();
}

Task<Result<std::vector<Target>>> Uyuni::find_targets(StopToken stop) {
  CO_TRY(const auto groups,
         co_await call(xml_call("system.listSystemGroupsForSystemsWithEntitlement",
                                {xml_text(token_), xml_text(arguments_.entitlement)}),
                       "unable to get the managed system groups information of monitored clients",
                       stop));
  std::map<int64_t, System> systems;
  std::vector<int64_t> ids;
  for (const XmlElement* entry : xml_elements(groups.value)) {
    ids.push_back(number_of(xml_member(*entry, "id")));
    std::string& names = systems[ids.back()].groups;
    for (const XmlElement* group : xml_elements(xml_member(*entry, "system_groups"))) {
      if (!names.empty()) names += arguments_.separator;
      names += xml_scalar(xml_member(*group, "name"));
    }
  }
  CO_TRY(const auto endpoints, co_await call(xml_call("system.monitoring.listEndpoints",
                                                      {xml_text(token_), xml_numbers(ids)}),
                                             "unable to get endpoints information", stop));
  CO_TRY(const auto networks, co_await call(xml_call("system.getNetworkForSystems",
                                                     {xml_text(token_), xml_numbers(ids)}),
                                            "unable to get the systems network information", stop));
  for (const XmlElement* network : xml_elements(networks.value))
    systems[number_of(xml_member(*network, "system_id"))].network = network;
  std::vector<Target> targets;
  for (const XmlElement* endpoint : xml_elements(endpoints.value))
    targets.push_back(target_of(*endpoint, systems[number_of(xml_member(*endpoint, "system_id"))]));
  co_return targets;
}

Task<Result<std::vector<TargetGroup>>> Uyuni::refresh(StopToken stop) {
  if (token_.empty() || context().clock.steady() >= token_renewal_) {
    CO_TRY(const auto login,
           co_await call(xml_call("auth.login", {xml_text(arguments_.username),
                                                 xml_text(arguments_.password.value),
                                                 xml_number(token_lifetime / 1s)}),
                         "unable to login to Uyuni API", stop));
    token_ = xml_scalar(login.value);
    token_renewal_ = context().clock.steady() + token_lifetime / 2;
  }
  auto targets = co_await find_targets(std::move(stop));
  if (!targets) {
    token_.clear();  // Perhaps it is no longer valid.
    co_return std::unexpected(std::move(targets).error());
  }
  co_return single_group(url_, *std::move(targets));
}

Result<std::unique_ptr<Discoverer>> make(Arguments arguments, const DiscoveryContext& context) {
  TRY(auto client, make_client(arguments.transport.client(), context));
  return std::make_unique<Uyuni>(std::move(arguments), std::move(client), context);
}

}  // namespace
}  // namespace alloy::discovery::uyuni

namespace alloy {

extern const ComponentType discovery_uyuni;
const ComponentType discovery_uyuni = {
    .name = "discovery.uyuni",
    .doc = "Discovers the exporters that Uyuni manages.",
    .supports_live_debugging = true,
    .arguments = &schema_of<discovery::uyuni::Arguments>,
    .exports = &schema_of<discovery::Exports>,
    .create =
        create<discovery::DiscoveryComponent<discovery::uyuni::Arguments, discovery::uyuni::make>>,
};

}  // namespace alloy
