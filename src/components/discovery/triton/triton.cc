// discovery.triton makes targets of the containers and compute nodes of Triton.
#include "components/discovery/shared/http_refresh.h"
#include "net/url.h"

namespace alloy::discovery::triton {
namespace {

struct Arguments {
  std::string account;
  std::string role = "container";
  std::string dns_suffix;
  std::string endpoint;
  std::vector<std::string> groups;
  int port = 9163;
  Duration refresh_interval = 1min;
  int version = 1;
  TlsClientArguments tls;

  static constexpr auto schema() {
    using T = Arguments;
    return fields(
        required<&T::account>("account", "The account; it follows from the certificate."),
        optional<&T::role>("role", "What becomes targets: container or cn (compute nodes)."),
        required<&T::dns_suffix>("dns_suffix", "What the targets' names end with."),
        required<&T::endpoint>("endpoint", "Host of the discovery endpoint."),
        optional<&T::groups>("groups", "Groups to ask for."),
        optional<&T::port>("port", "Port of the endpoint and of the targets."),
        optional<&T::refresh_interval>("refresh_interval", "How often to ask."),
        optional<&T::version>("version", "Version of the endpoint's API."),
        block<&T::tls>("tls_config", "TLS towards the endpoint."));
  }
  Result<> validate() const { return validate_refresh_interval(refresh_interval); }
};

class Triton final : public HttpRefreshDiscoverer {
 public:
  Triton(Arguments arguments, ClientPointer client, const DiscoveryContext& context)
      : HttpRefreshDiscoverer("triton", arguments.refresh_interval, std::move(client), context),
        arguments_(std::move(arguments)),
        url_(fmt::format("https://{}:{}/v{}{}/discover", arguments_.endpoint, arguments_.port,
                         arguments_.version, arguments_.role == "cn" ? "/gz" : "")) {
    std::string groups;
    for (const std::string& group : arguments_.groups)
      groups += (groups.empty() ? "" : ",") + group;
    if (!groups.empty()) url_ += "?groups=" + net::escape_query(groups);
  }

 private:
  Task<Result<std::vector<TargetGroup>>> refresh(StopToken stop) override {
    CO_TRY(const auto document, co_await fetch_json(url_, {}, std::move(stop)));
    std::vector<Target> targets;
    const bool wants_nodes = arguments_.role == "cn";
    for (const JsonNode& node : document.root()[wants_nodes ? "cns" : "containers"].elements())
      targets.push_back(wants_nodes ? compute_node(node) : container(node));
    CO_TRY(document.check());
    co_return single_group(url_, std::move(targets));
  }

  void put_address(TargetBuilder& builder, std::string_view id) const {
    builder.put_copy("__address__",
                     fmt::format("{}.{}:{}", id, arguments_.dns_suffix, arguments_.port));
  }
  Target container(JsonNode node) const {
    TargetBuilder builder;
    put_address(builder, node["vm_uuid"].text());
    builder.put("__meta_triton_machine_id", node["vm_uuid"].text());
    builder.put("__meta_triton_machine_alias", node["vm_alias"].text());
    builder.put("__meta_triton_machine_brand", node["vm_brand"].text());
    builder.put("__meta_triton_machine_image", node["vm_image_uuid"].text());
    builder.put("__meta_triton_server_id", node["server_uuid"].text());
    const auto groups = node["groups"].texts();
    if (!groups.empty()) builder.put_copy("__meta_triton_groups", join_tags(groups, ","));
    return builder.build();
  }
  Target compute_node(JsonNode node) const {
    TargetBuilder builder;
    put_address(builder, node["server_uuid"].text());
    builder.put("__meta_triton_machine_id", node["server_uuid"].text());
    builder.put("__meta_triton_machine_alias", node["server_hostname"].text());
    return builder.build();
  }

  Arguments arguments_;
  std::string url_;
};

Result<std::unique_ptr<Discoverer>> make(Arguments arguments, const DiscoveryContext& context) {
  if (arguments.role != "container" && arguments.role != "cn")
    return fail("triton SD configuration requires role to be 'container' or 'cn'");
  HttpClientArguments options;
  options.tls = arguments.tls;
  TRY(auto client, make_client(options, context));
  return std::make_unique<Triton>(std::move(arguments), std::move(client), context);
}

}  // namespace
}  // namespace alloy::discovery::triton

namespace alloy {

extern const ComponentType discovery_triton;
const ComponentType discovery_triton = {
    .name = "discovery.triton",
    .doc = "Discovers the containers and compute nodes of Triton.",
    .supports_live_debugging = true,
    .arguments = &schema_of<discovery::triton::Arguments>,
    .exports = &schema_of<discovery::Exports>,
    .create = create<
        discovery::DiscoveryComponent<discovery::triton::Arguments, discovery::triton::make>>,
};

}  // namespace alloy
