// discovery.gce makes targets of Google Compute Engine's instances.
#include "components/discovery/gce/instances.h"
#include "components/discovery/shared/http_refresh.h"
#include "components/shared/cloud_tokens/google.h"
#include "net/url.h"

namespace alloy::discovery::gce {
namespace {

struct Arguments {
  std::string project;
  std::string zone;
  std::string filter;
  Duration refresh_interval = 1min;
  int port = 80;
  std::string tag_separator = ",";

  static constexpr auto schema() {
    using T = Arguments;
    return fields(
        required<&T::project>("project", "Id of the project."),
        required<&T::zone>("zone", "The zone."),
        optional<&T::filter>("filter", "Filter for the list of instances."),
        optional<&T::refresh_interval>("refresh_interval", "How often to ask."),
        optional<&T::port>("port", "Port of the targets."),
        optional<&T::tag_separator>("tag_separator", "Text to join the tags of an instance with."));
  }
  Result<> validate() const { return validate_refresh_interval(refresh_interval); }
};

constexpr std::string_view scope = "https://www.googleapis.com/auth/compute.readonly";

class Gce final : public HttpRefreshDiscoverer {
 public:
  Gce(Arguments arguments, ClientPointer client, ClientPointer token_client,
      const DiscoveryContext& context)
      : HttpRefreshDiscoverer("gce", arguments.refresh_interval, std::move(client), context),
        arguments_(std::move(arguments)),
        tokens_(std::make_shared<cloud_tokens::TokenSource>(
            std::move(token_client),
            [](WallTime now) { return cloud_tokens::make_google_request("", scope, now); },
            context.clock)) {}

 private:
  Task<Result<std::vector<TargetGroup>>> refresh(StopToken stop) override {
    auto targets = co_await find_targets(std::move(stop));
    if (!targets)
      co_return std::unexpected(
          std::move(targets).error().with_context("error retrieving refresh targets from gce"));
    co_return single_group(fmt::format("GCE_{}_{}", arguments_.project, arguments_.zone),
                           *std::move(targets));
  }
  Task<Result<std::vector<Target>>> find_targets(StopToken stop);

  Arguments arguments_;
  std::shared_ptr<cloud_tokens::TokenSource> tokens_;
};

Task<Result<std::vector<Target>>> Gce::find_targets(StopToken stop) {
  const std::string folder = fmt::format(
      "https://compute.googleapis.com/compute/v1/projects/{}/zones/{}/instances",
      net::escape_path_segment(arguments_.project), net::escape_path_segment(arguments_.zone));
  std::vector<Target> targets;
  std::string next;
  do {
    std::multimap<std::string, std::string> parameters = {{"prettyPrint", "false"}};
    if (!arguments_.filter.empty()) parameters.emplace("filter", arguments_.filter);
    if (!next.empty()) parameters.emplace("pageToken", next);
    CO_TRY(auto token, co_await cloud_tokens::TokenSource::get(tokens_, stop));
    CO_TRY(const auto page,
           co_await fetch_json(folder + "?" + net::encode_query(parameters),
                               {{"Authorization", std::move(token.authorization)}}, stop));
    for (Target& target :
         instance_targets(page.root(), {.project = arguments_.project,
                                        .port = arguments_.port,
                                        .tag_separator = arguments_.tag_separator}))
      targets.push_back(std::move(target));
    next = page.root()["nextPageToken"].text();
    CO_TRY(page.check());
  } while (!next.empty());
  co_return targets;
}

Result<std::unique_ptr<Discoverer>> make(Arguments arguments, const DiscoveryContext& context) {
  TRY(auto client, make_client({}, context));
  TRY(auto token_client, make_client({}, context));
  return std::make_unique<Gce>(std::move(arguments), std::move(client), std::move(token_client),
                               context);
}

}  // namespace
}  // namespace alloy::discovery::gce

namespace alloy {

extern const ComponentType discovery_gce;
const ComponentType discovery_gce = {
    .name = "discovery.gce",
    .doc = "Discovers Google Compute Engine's instances.",
    .supports_live_debugging = true,
    .arguments = &schema_of<discovery::gce::Arguments>,
    .exports = &schema_of<discovery::Exports>,
    .create =
        create<discovery::DiscoveryComponent<discovery::gce::Arguments, discovery::gce::make>>,
};

}  // namespace alloy
