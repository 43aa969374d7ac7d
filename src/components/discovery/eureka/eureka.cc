// discovery.eureka makes targets of the applications that are registered with Eureka.
#include "components/discovery/shared/http_refresh.h"
#include "components/shared/xml.h"
#include "net/url.h"

namespace alloy::discovery::eureka {
namespace {

struct Arguments {
  std::string server;
  Duration refresh_interval = 30s;
  HttpClientArguments client;

  static constexpr auto schema() {
    using T = Arguments;
    return fields(required<&T::server>("server", "URL of the Eureka server."),
                  optional<&T::refresh_interval>("refresh_interval", "How often to ask."),
                  inlined<&T::client>());
  }
  Result<> validate() {
    TRY(const auto url, net::parse_url(server));
    if (url.scheme.empty() || url.host.empty()) return fail("invalid eureka server URL");
    TRY(validate_refresh_interval(refresh_interval));
    return client.validate();
  }
};

void put_metadata(TargetBuilder& builder, std::string_view prefix, const XmlElement& metadata) {
  for (const XmlElement& item : metadata.children)
    builder.put_sanitized(prefix, item.name, item.source);
}

void put_port(TargetBuilder& builder, const XmlElement& instance, std::string_view element,
              std::string_view label) {
  if (!instance.has(element)) return;
  const XmlElement& port = instance[element];
  builder.put(builder.keep(fmt::format("__meta_eureka_app_instance_{}", label)), port.text);
  builder.put(builder.keep(fmt::format("__meta_eureka_app_instance_{}_enabled", label)),
              port.attribute("enabled") == "true" ? "true" : "false");
}

Target target_of(const XmlElement& application, const XmlElement& instance) {
  TargetBuilder builder;
  const std::string& host = instance["hostName"].text;
  builder.put_copy("__address__",
                   join_host_port(host, instance.has("port") ? instance["port"].text : "80"));
  builder.put("instance", instance["instanceId"].text);
  builder.put("__meta_eureka_app_name", application["name"].text);
  constexpr std::pair<std::string_view, std::string_view> labels[] = {
      {"hostname", "hostName"},
      {"homepage_url", "homePageUrl"},
      {"statuspage_url", "statusPageUrl"},
      {"healthcheck_url", "healthCheckUrl"},
      {"ip_addr", "ipAddr"},
      {"vip_address", "vipAddress"},
      {"secure_vip_address", "secureVipAddress"},
      {"status", "status"},
      {"id", "instanceId"}};
  for (const auto& [label, element] : labels)
    builder.put(builder.keep(fmt::format("__meta_eureka_app_instance_{}", label)),
                instance[element].text);
  const std::string& country = instance["countryId"].text;
  builder.put("__meta_eureka_app_instance_country_id",
              country.empty() ? std::string_view("0") : country);
  put_port(builder, instance, "port", "port");
  put_port(builder, instance, "securePort", "secure_port");
  if (instance.has("dataCenterInfo")) {
    const XmlElement& info = instance["dataCenterInfo"];
    builder.put("__meta_eureka_app_instance_datacenterinfo_name", info["name"].text);
    put_metadata(builder, "__meta_eureka_app_instance_datacenterinfo_metadata_", info["metadata"]);
  }
  put_metadata(builder, "__meta_eureka_app_instance_metadata_", instance["metadata"]);
  return builder.build();
}

class Eureka final : public HttpRefreshDiscoverer {
 public:
  Eureka(const Arguments& arguments, ClientPointer client, const DiscoveryContext& context)
      : HttpRefreshDiscoverer("eureka", arguments.refresh_interval, std::move(client), context),
        url_(arguments.server + "/apps") {}

 private:
  Task<Result<std::vector<TargetGroup>>> refresh(StopToken stop) override {
    CO_TRY(const auto response, co_await fetch({.url = url_}, std::move(stop)));
    if (!response.is_success())
      co_return fail(fmt::format("non 2xx status '{}' response during eureka service discovery",
                                 response.status));
    CO_TRY(const auto root, parse_xml(response.body));
    std::vector<Target> targets;
    for (const XmlElement& application : root.children)
      if (application.name == "application")
        for (const XmlElement& instance : application.children)
          if (instance.name == "instance") targets.push_back(target_of(application, instance));
    co_return single_group("eureka", std::move(targets));
  }

  std::string url_;
};

Result<std::unique_ptr<Discoverer>> make(Arguments arguments, const DiscoveryContext& context) {
  TRY(auto client, make_client(arguments.client, context));
  return std::make_unique<Eureka>(arguments, std::move(client), context);
}

}  // namespace
}  // namespace alloy::discovery::eureka

namespace alloy {

extern const ComponentType discovery_eureka;
const ComponentType discovery_eureka = {
    .name = "discovery.eureka",
    .doc = "Discovers the applications that are registered with Eureka.",
    .supports_live_debugging = true,
    .arguments = &schema_of<discovery::eureka::Arguments>,
    .exports = &schema_of<discovery::Exports>,
    .create = create<
        discovery::DiscoveryComponent<discovery::eureka::Arguments, discovery::eureka::make>>,
};

}  // namespace alloy
