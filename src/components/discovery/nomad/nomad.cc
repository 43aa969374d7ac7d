// discovery.nomad makes targets of the services that are registered with Nomad.
#include "base/text.h"
#include "components/discovery/shared/http_refresh.h"
#include "net/url.h"

namespace alloy::discovery::nomad {
namespace {

struct Arguments {
  bool allow_stale = true;
  HttpClientArguments client;
  std::string name_space = "default";
  Duration refresh_interval = 1min;
  std::string region = "global";
  std::string server = "http://localhost:4646";
  std::string tag_separator = ",";

  static constexpr auto schema() {
    using T = Arguments;
    return fields(
        optional<&T::allow_stale>("allow_stale", "Whether any server may answer."),
        inlined<&T::client>(), optional<&T::name_space>("namespace", "Namespace to query."),
        optional<&T::refresh_interval>("refresh_interval", "How often to ask."),
        optional<&T::region>("region", "Region to query."),
        optional<&T::server>("server", "URL of the Nomad API."),
        optional<&T::tag_separator>("tag_separator", "Text to join the tags of a service with."));
  }
  Result<> validate() {
    if (trim(server).empty()) return fail("nomad SD configuration requires a server address");
    TRY(validate_refresh_interval(refresh_interval));
    return client.validate();
  }
};

class Nomad final : public HttpRefreshDiscoverer {
 public:
  Nomad(Arguments arguments, ClientPointer client, const DiscoveryContext& context)
      : HttpRefreshDiscoverer("nomad", arguments.refresh_interval, std::move(client), context),
        arguments_(std::move(arguments)),
        failures_(context.metrics.counter("prometheus_sd_nomad_failures_total",
                                          "Number of nomad service discovery refresh failures.")) {}

 private:
  Task<Result<std::vector<TargetGroup>>> refresh(StopToken stop) override {
    auto targets = co_await find_targets(stop);
    if (!targets) {
      if (!stop.stop_requested()) failures_.add();
      co_return std::unexpected(std::move(targets).error());
    }
    co_return single_group("Nomad", *std::move(targets));
  }
  Task<Result<std::vector<Target>>> find_targets(StopToken stop);
  std::string url(std::string_view path) const;
  Target target_of(JsonNode instance) const;

  Arguments arguments_;
  Counter& failures_;
};

std::string Nomad::url(std::string_view path) const {
  std::multimap<std::string, std::string> parameters;
  if (!arguments_.name_space.empty()) parameters.emplace("namespace", arguments_.name_space);
  if (!arguments_.region.empty()) parameters.emplace("region", arguments_.region);
  if (arguments_.allow_stale) parameters.emplace("stale", "");
  return without_slashes(arguments_.server) + std::string(path) + "?" +
         net::encode_query(parameters);
}

Target Nomad::target_of(JsonNode instance) const {
  TargetBuilder builder;
  const int64_t port = instance["Port"].integer();
  const auto address = instance["Address"].text();
  builder.put_copy("__address__", join_host_port(address, port));
  builder.put("__meta_nomad_address", address);
  builder.put("__meta_nomad_dc", instance["Datacenter"].text());
  builder.put("__meta_nomad_node_id", instance["NodeID"].text());
  builder.put("__meta_nomad_namespace", instance["Namespace"].text());
  builder.put("__meta_nomad_service_address", address);
  builder.put("__meta_nomad_service_id", instance["ID"].text());
  builder.put_copy("__meta_nomad_service_port", std::to_string(port));
  builder.put("__meta_nomad_service", instance["ServiceName"].text());
  const auto tags = instance["Tags"].texts();
  if (!tags.empty())
    builder.put_copy("__meta_nomad_tags", join_tags(tags, arguments_.tag_separator));
  return builder.build();
}

Task<Result<std::vector<Target>>> Nomad::find_targets(StopToken stop) {
  CO_TRY(const auto list, co_await fetch_json(url("/v1/services"), {}, stop));
  std::vector<std::string> names;
  for (const JsonNode& in_namespace : list.root().elements())
    for (const JsonNode& service : in_namespace["Services"].elements())
      names.emplace_back(service["ServiceName"].text());
  CO_TRY(list.check());
  std::vector<Target> targets;
  for (const std::string& name : names) {
    auto instances =
        co_await fetch_json(url("/v1/service/" + net::escape_path_segment(name)), {}, stop);
    if (!instances)
      co_return std::unexpected(
          std::move(instances).error().with_context("failed to fetch services"));
    for (const JsonNode& instance : instances->root().elements())
      targets.push_back(target_of(instance));
    CO_TRY(instances->check());
  }
  co_return targets;
}

Result<std::unique_ptr<Discoverer>> make(Arguments arguments, const DiscoveryContext& context) {
  TRY(auto client, make_client(arguments.client, context));
  return std::make_unique<Nomad>(std::move(arguments), std::move(client), context);
}

}  // namespace
}  // namespace alloy::discovery::nomad

namespace alloy {

extern const ComponentType discovery_nomad;
const ComponentType discovery_nomad = {
    .name = "discovery.nomad",
    .doc = "Discovers the services that are registered with Nomad.",
    .supports_live_debugging = true,
    .arguments = &schema_of<discovery::nomad::Arguments>,
    .exports = &schema_of<discovery::Exports>,
    .create =
        create<discovery::DiscoveryComponent<discovery::nomad::Arguments, discovery::nomad::make>>,
};

}  // namespace alloy
