// discovery.ec2 makes targets of EC2 instances.
#include "components/discovery/shared/aws_api.h"

namespace alloy::discovery::ec2 {
namespace {

struct Arguments {
  AwsPlace place;
  Duration refresh_interval = 1min;
  int port = 80;
  std::vector<Ec2Filter> filters;
  HttpClientArguments client;

  static constexpr auto schema() {
    using T = Arguments;
    return fields(inlined<&T::place>(),
                  optional<&T::refresh_interval>("refresh_interval", "How often to ask."),
                  optional<&T::port>("port", "Port of the targets."),
                  blocks<&T::filters>("filter", "Which instances to ask for."),
                  inlined<&T::client>());
  }
  Result<> validate() {
    TRY(complete_region(place.region, place.profile, "EC2 SD configuration"));
    for (const Ec2Filter& filter : filters)
      if (filter.values.empty()) return fail("EC2 SD configuration filter values cannot be empty");
    TRY(validate_refresh_interval(refresh_interval));
    return client.validate();
  }
};

Result<std::unique_ptr<Discoverer>> make(Arguments arguments, const DiscoveryContext& context) {
  arguments.place.client = std::move(arguments.client);
  return make_ec2(std::move(arguments.place),
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
