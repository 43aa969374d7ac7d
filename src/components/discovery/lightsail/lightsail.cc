// discovery.lightsail makes targets of Lightsail instances.
#include "components/discovery/shared/aws_api.h"

namespace alloy::discovery::lightsail {
namespace {

struct Arguments {
  std::string endpoint;
  std::string region;
  std::string access_key;
  Secret secret_key;
  std::string profile;
  std::string role_arn;
  Duration refresh_interval = 1min;
  int port = 80;
  HttpClientArguments client;

  static constexpr auto schema() {
    using T = Arguments;
    return fields(
        optional<&T::endpoint>("endpoint", "Endpoint to ask in place of the region's."),
        optional<&T::region>("region", "Region; by default the environment's or the machine's."),
        optional<&T::access_key>("access_key", "Access key."),
        optional<&T::secret_key>("secret_key", "Secret key."),
        optional<&T::profile>("profile", "Profile of the files in ~/.aws."),
        optional<&T::role_arn>("role_arn", "Role to assume."),
        optional<&T::refresh_interval>("refresh_interval", "How often to ask."),
        optional<&T::port>("port", "Port of the targets."), inlined<&T::client>());
  }
  Result<> validate() {
    TRY(complete_region(region, profile, "lightsail SD configuration"));
    TRY(validate_refresh_interval(refresh_interval));
    return client.validate();
  }
};

Result<std::unique_ptr<Discoverer>> make(Arguments arguments, const DiscoveryContext& context) {
  return make_lightsail({.endpoint = arguments.endpoint,
                         .region = arguments.region,
                         .access_key = arguments.access_key,
                         .secret_key = arguments.secret_key,
                         .profile = arguments.profile,
                         .role_arn = arguments.role_arn,
                         .external_id = "",
                         .client = arguments.client},
                        arguments.refresh_interval, arguments.port, context);
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
