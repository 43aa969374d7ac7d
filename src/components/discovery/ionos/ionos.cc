// discovery.ionos makes targets of the servers of an IONOS data center.
#include "components/discovery/ionos/servers.h"
#include "components/discovery/shared/http_refresh.h"
#include "net/url.h"

namespace alloy::discovery::ionos {
namespace {

struct Arguments {
  std::string datacenter_id;
  HttpClientArguments client;
  Duration refresh_interval = 1min;
  int port = 80;

  static constexpr auto schema() {
    using T = Arguments;
    return fields(required<&T::datacenter_id>("datacenter_id", "Id of the data center."),
                  inlined<&T::client>(),
                  optional<&T::refresh_interval>("refresh_interval", "How often to ask."),
                  optional<&T::port>("port", "Port of the targets."));
  }
  Result<> validate() {
    if (datacenter_id.empty()) return fail("datacenter_id can't be empty");
    TRY(validate_refresh_interval(refresh_interval));
    return client.validate();
  }
};

class Ionos final : public HttpRefreshDiscoverer {
 public:
  Ionos(const Arguments& arguments, ClientPointer client, const DiscoveryContext& context)
      : HttpRefreshDiscoverer("ionos", arguments.refresh_interval, std::move(client), context),
        url_(fmt::format("https://api.ionos.com/cloudapi/v6/datacenters/{}/servers?depth=3",
                         net::escape_path_segment(arguments.datacenter_id))),
        port_(arguments.port) {}

 private:
  Task<Result<std::vector<TargetGroup>>> refresh(StopToken stop) override {
    CO_TRY(const auto servers, co_await fetch_json(url_, {}, std::move(stop)));
    auto targets = server_targets(servers.root(), port_);
    CO_TRY(servers.check());
    co_return single_group("ionos", std::move(targets));
  }

  std::string url_;
  int port_;
};

Result<std::unique_ptr<Discoverer>> make(Arguments arguments, const DiscoveryContext& context) {
  TRY(auto client, make_client(arguments.client, context));
  return std::make_unique<Ionos>(arguments, std::move(client), context);
}

}  // namespace
}  // namespace alloy::discovery::ionos

namespace alloy {

extern const ComponentType discovery_ionos;
const ComponentType discovery_ionos = {
    .name = "discovery.ionos",
    .doc = "Discovers the servers of an IONOS data center.",
    .supports_live_debugging = true,
    .arguments = &schema_of<discovery::ionos::Arguments>,
    .exports = &schema_of<discovery::Exports>,
    .create =
        create<discovery::DiscoveryComponent<discovery::ionos::Arguments, discovery::ionos::make>>,
};

}  // namespace alloy
