// discovery.hetzner makes targets of Hetzner's cloud servers or dedicated ones.
#include "components/discovery/hetzner/servers.h"
#include "components/discovery/shared/http_refresh.h"

namespace alloy::discovery::hetzner {
namespace {

struct Arguments {
  std::string role;
  Duration refresh_interval = 1min;
  int port = 80;
  HttpClientArguments client;

  static constexpr auto schema() {
    using T = Arguments;
    return fields(required<&T::role>("role", "Which servers: hcloud or robot."),
                  optional<&T::refresh_interval>("refresh_interval", "How often to ask."),
                  optional<&T::port>("port", "Port of the targets."), inlined<&T::client>());
  }
  Result<> validate() {
    if (role != "robot" && role != "hcloud")
      return fail(fmt::format("unknown role {}, must be one of robot or hcloud", role));
    TRY(validate_refresh_interval(refresh_interval));
    return client.validate();
  }
};

class Hetzner final : public HttpRefreshDiscoverer {
 public:
  Hetzner(Arguments arguments, ClientPointer client, const DiscoveryContext& context)
      : HttpRefreshDiscoverer("hetzner", arguments.refresh_interval, std::move(client), context),
        arguments_(std::move(arguments)) {}

 private:
  Task<Result<std::vector<TargetGroup>>> refresh(StopToken stop) override;
  Task<Result<std::vector<JsonDocument>>> all_pages(std::string kind, StopToken stop) const;

  Arguments arguments_;
};

Task<Result<std::vector<JsonDocument>>> Hetzner::all_pages(std::string kind, StopToken stop) const {
  std::vector<JsonDocument> pages;
  int64_t number = 1;
  while (number > 0) {
    const std::string url =
        fmt::format("https://api.hetzner.cloud/v1/{}?page={}&per_page=50", kind, number);
    CO_TRY(auto page, co_await fetch_json(url, {}, stop));
    number = page.root()["meta"]["pagination"]["next_page"].integer();
    CO_TRY(page.check());
    pages.push_back(std::move(page));
  }
  co_return pages;
}

Task<Result<std::vector<TargetGroup>>> Hetzner::refresh(StopToken stop) {
  if (arguments_.role == "robot") {
    CO_TRY(const auto servers,
           co_await fetch_json("https://robot-ws.your-server.de/server", {}, std::move(stop)));
    auto targets = robot_targets(servers.root(), arguments_.port);
    CO_TRY(servers.check());
    co_return single_group("hetzner", std::move(targets));
  }
  CO_TRY(const auto servers, co_await all_pages("servers", stop));
  CO_TRY(const auto networks, co_await all_pages("networks", stop));
  std::vector<JsonNode> roots;
  for (const JsonDocument& page : networks) roots.push_back(page.root());
  std::vector<Target> targets;
  for (const JsonDocument& page : servers) {
    for (Target& target : cloud_targets(page.root(), roots, arguments_.port))
      targets.push_back(std::move(target));
    CO_TRY(page.check());
  }
  co_return single_group("hetzner", std::move(targets));
}

Result<std::unique_ptr<Discoverer>> make(Arguments arguments, const DiscoveryContext& context) {
  TRY(auto client, make_client(arguments.client, context));
  return std::make_unique<Hetzner>(std::move(arguments), std::move(client), context);
}

}  // namespace
}  // namespace alloy::discovery::hetzner

namespace alloy {

extern const ComponentType discovery_hetzner;
const ComponentType discovery_hetzner = {
    .name = "discovery.hetzner",
    .doc = "Discovers Hetzner's servers.",
    .supports_live_debugging = true,
    .arguments = &schema_of<discovery::hetzner::Arguments>,
    .exports = &schema_of<discovery::Exports>,
    .create = create<
        discovery::DiscoveryComponent<discovery::hetzner::Arguments, discovery::hetzner::make>>,
};

}  // namespace alloy
