// discovery.aws makes targets of what runs on AWS, by role.
#include "base/text.h"
#include "components/discovery/shared/aws_api.h"

namespace alloy::discovery::aws_roles {
namespace {

struct Arguments {
  std::string role;
  AwsPlace place;
  std::string external_id;
  Duration refresh_interval{};
  int port = 0;
  std::vector<Ec2Filter> filters;
  std::vector<std::string> clusters;
  int request_concurrency = 0;
  HttpClientArguments client;

  static constexpr auto schema() {
    using T = Arguments;
    return fields(required<&T::role>("role", "What becomes targets: ec2 or lightsail."),
                  inlined<&T::place>(),
                  optional<&T::external_id>("external_id", "External id to assume the role with."),
                  optional<&T::refresh_interval>("refresh_interval", "How often to ask; 0s is 1m."),
                  optional<&T::port>("port", "Port of the targets; 0 is 80."),
                  blocks<&T::filters>("filter", "Which instances to ask for; for the role ec2."),
                  optional<&T::clusters>("clusters", "For roles that are not supported."),
                  optional<&T::request_concurrency>("request_concurrency",
                                                    "For roles that are not supported."),
                  inlined<&T::client>());
  }
  Result<> validate();
};

Result<> Arguments::validate() {
  constexpr std::string_view roles[] = {"ec2", "ecs", "elasticache", "lightsail", "msk", "rds"};
  if (std::ranges::find(roles, role) == std::end(roles))
    return fail(fmt::format(
        "unsupported role {}: must be one of ec2, ecs, elasticache, lightsail, msk, rds",
        quote(role)));
  TRY(complete_region(place.region, place.profile, "AWS SD configuration"));
  if (!filters.empty() && role != "ec2" && role != "rds")
    return fail(fmt::format("filter blocks are only supported with the ec2 and rds roles, not {}",
                            quote(role)));
  for (const Ec2Filter& filter : filters)
    if (filter.values.empty()) return fail("AWS SD configuration filter values cannot be empty");
  const bool has_clusters = role != "ec2" && role != "lightsail";
  const auto refuse = [&](std::string_view name) {
    return fail(
        fmt::format("{} is only supported with the ecs, elasticache, msk, and rds roles, not {}",
                    name, quote(role)));
  };
  if (!clusters.empty() && !has_clusters) return refuse("clusters");
  if (request_concurrency != 0 && !has_clusters) return refuse("request_concurrency");
  return client.validate();
}

Result<std::unique_ptr<Discoverer>> make(Arguments arguments, const DiscoveryContext& context) {
  AwsPlace place = std::move(arguments.place);
  place.external_id = std::move(arguments.external_id);
  place.client = std::move(arguments.client);
  const Duration interval =
      arguments.refresh_interval > Duration::zero() ? arguments.refresh_interval : 1min;
  const int port = arguments.port == 0 ? 80 : arguments.port;
  if (arguments.role == "ec2")
    return make_ec2(std::move(place),
                    {.refresh_interval = interval, .port = port, .filters = arguments.filters},
                    context);
  if (arguments.role == "lightsail")
    return make_lightsail(std::move(place), interval, port, context);
  return fail(fmt::format("the role {} is not supported: only ec2 and lightsail are",
                          quote(arguments.role)));
}

}  // namespace
}  // namespace alloy::discovery::aws_roles

namespace alloy {

extern const ComponentType discovery_aws;
const ComponentType discovery_aws = {
    .name = "discovery.aws",
    .doc = "Discovers instances on AWS.",
    .supports_live_debugging = true,
    .arguments = &schema_of<discovery::aws_roles::Arguments>,
    .exports = &schema_of<discovery::Exports>,
    .create = create<
        discovery::DiscoveryComponent<discovery::aws_roles::Arguments, discovery::aws_roles::make>>,
};

}  // namespace alloy
