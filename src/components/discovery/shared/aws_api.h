// What the discoveries of AWS have in common: arguments, and signed requests.
#pragma once

#include "components/discovery/shared/http_refresh.h"
#include "components/shared/aws/credentials.h"

namespace alloy::discovery {

// The arguments that say where and as whom.
struct AwsPlace {
  std::string endpoint;
  std::string region;
  std::string access_key;
  Secret secret_key;
  std::string profile;
  std::string role_arn;
  // Not everywhere, or elsewhere in the order of arguments:
  std::string external_id = {};
  HttpClientArguments client = {};

  static constexpr auto schema() {
    using T = AwsPlace;
    return fields(
        optional<&T::endpoint>("endpoint", "Endpoint to ask in place of the region's."),
        optional<&T::region>("region", "Region; by default the environment's or the machine's."),
        optional<&T::access_key>("access_key", "Access key."),
        optional<&T::secret_key>("secret_key", "Secret key."),
        optional<&T::profile>("profile", "Profile of the files in ~/.aws."),
        optional<&T::role_arn>("role_arn", "Role to assume."));
  }
};

// Fills in the region from the environment or the profile; it may stay empty on a machine of AWS's,
// which can be asked later. `what` begins the error: "EC2 SD configuration".
Result<> complete_region(std::string& region, const std::string& profile, std::string_view what);

class AwsApi {
 public:
  // `service` is "ec2", for the usual endpoint and the signature.
  static Result<AwsApi> create(AwsPlace place, std::string service,
                               const DiscoveryContext& context);

  // Posts a body of that type; fails with what AWS says.
  Task<Result<std::string>> post(std::string body, net::Headers headers, StopToken stop);
  const std::string& region() const { return place_.region; }

 private:
  AwsApi(AwsPlace place, std::string service, const DiscoveryContext& context)
      : place_(std::move(place)), service_(std::move(service)), context_(&context) {}

  AwsPlace place_;
  std::string service_;
  const DiscoveryContext* context_;
  ClientPointer client_;
  std::unique_ptr<aws::CredentialSource> credentials_;
};

// The discoverers behind discovery.ec2, discovery.lightsail and discovery.aws.
struct Ec2Filter {
  std::string name;
  std::vector<std::string> values;

  static constexpr auto schema() {
    using T = Ec2Filter;
    return fields(required<&T::name>("name", "What to filter by."),
                  required<&T::values>("values", "The values to keep."));
  }
};

struct Ec2Options {
  Duration refresh_interval = 1min;
  int port = 80;
  std::vector<Ec2Filter> filters;
};
Result<std::unique_ptr<Discoverer>> make_ec2(AwsPlace place, Ec2Options options,
                                             const DiscoveryContext& context);
Result<std::unique_ptr<Discoverer>> make_lightsail(AwsPlace place, Duration refresh_interval,
                                                   int port, const DiscoveryContext& context);

}  // namespace alloy::discovery
