// discovery.ec2 makes targets of EC2 instances.
#include "components/discovery/shared/aws_api.h"

namespace alloy::discovery::ec2 {
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
  std::vector<Ec2Filter> filters;
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
        optional<&T::port>("port", "Port of the targets."),
        blocks<&T::filters>("filter", "Which instances to ask for."), inlined<&T::client>());
  }
  Result<> validate() {
    TRY(complete_region(region, profile, "EC2 SD configuration"));
    for (const Ec2Filter& filter : filters)
      if (filter.values.empty()) return fail("EC2 SD configuration filter values cannot be empty");
    TRY(validate_refresh_interval(refresh_interval));
    return client.validate();
  }
};

Result<std::unique_ptr<Discoverer>> make(Arguments arguments, const DiscoveryContext& context) {
  return make_ec2({.endpoint = arguments.endpoint,
                   .region = arguments.region,
                   .access_key = arguments.access_key,
                   .secret_key = arguments.secret_key,
                   .profile = arguments.profile,
                   .role_arn = arguments.role_arn,
                   .external_id = "",
                   .client = arguments.client},
                  {.refresh_interval = arguments.refresh_interval,
                   .port = arguments.port,
                   .filters = arguments.filters},
                  context);
}

}  // namespace
}  // namespace alloy::discovery::ec2

namespace alloy {

extern const ComponentType discovery_ec2;
const ComponentType discovery_ec2 = {
    .name = "discovery.ec2",
    .doc = "Discovers EC2 instances.",
    .supports_live_debugging = true,
    .arguments = &schema_of<discovery::ec2::Arguments>,
    .exports = &schema_of<discovery::Exports>,
    .create =
        create<discovery::DiscoveryComponent<discovery::ec2::Arguments, discovery::ec2::make>>,
};

}  // namespace alloy
