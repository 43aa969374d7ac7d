// discovery.lightsail makes targets of Lightsail instances.
#include "components/discovery/shared/aws_api.h"

namespace alloy::discovery::lightsail {
namespace {

struct Arguments {
  AwsPlace place;
  Duration refresh_interval = 1min;
  int port = 80;
  HttpClientArguments client;

  static constexpr auto schema() {
    using T = Arguments;
    return fields(inlined<&T::place>(),
                  optional<&T::refresh_interval>("refresh_interval", "How often to ask."),
                  optional<&T::port>("port", "Port of the targets."), inlined<&T::client>());
  }
  Result<> validate() {
    TRY(complete_region(place.region, place.profile, "lightsail SD configuration"));
    TRY(validate_refresh_interval(refresh_interval));
    return client.validate();
  }
};

Result<std::unique_ptr<Discoverer>> make(Arguments arguments, const DiscoveryContext& context) {
  arguments.place.client = std::move(arguments.client);
  return make_lightsail(std::move(arguments.place), arguments.refresh_interval, arguments.port,
                        context);
}

}  // namespace
}  // namespace alloy::discovery::lightsail

namespace alloy {

extern const ComponentType discovery_lightsail;
const ComponentType discovery_lightsail = {
    .name = "discovery.lightsail",
    .doc = "Discovers Lightsail instances.",
    .supports_live_debugging = true,
    .arguments = &schema_of<discovery::lightsail::Arguments>,
    .exports = &schema_of<discovery::Exports>,
    .create = create<
        discovery::DiscoveryComponent<discovery::lightsail::Arguments, discovery::lightsail::make>>,
};

}  // namespace alloy
