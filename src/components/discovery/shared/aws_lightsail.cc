// Finding Lightsail instances.
#include "base/text.h"
#include "components/discovery/shared/aws_api.h"

namespace alloy::discovery {
namespace {

class Lightsail final : public RefreshDiscoverer {
 public:
  Lightsail(AwsApi api, Duration interval, int port, const DiscoveryContext& context)
      : RefreshDiscoverer("lightsail", interval, context), api_(std::move(api)), port_(port) {}

 private:
  Task<Result<std::vector<TargetGroup>>> refresh(StopToken stop) override;
  Target target_of(JsonNode instance) const;

  AwsApi api_;
  int port_;
};

Target Lightsail::target_of(JsonNode instance) const {
  TargetBuilder builder;
  const auto address = instance["privateIpAddress"].text();
  builder.put_copy("__address__", join_host_port(address, port_));
  builder.put("__meta_lightsail_private_ip", address);
  builder.put("__meta_lightsail_region", api_.region());
  builder.put("__meta_lightsail_availability_zone",
              instance["location"]["availabilityZone"].text());
  builder.put("__meta_lightsail_blueprint_id", instance["blueprintId"].text());
  builder.put("__meta_lightsail_bundle_id", instance["bundleId"].text());
  builder.put("__meta_lightsail_instance_name", instance["name"].text());
  builder.put("__meta_lightsail_instance_state", instance["state"]["name"].text());
  builder.put("__meta_lightsail_instance_support_code", instance["supportCode"].text());
  if (const JsonNode public_address = instance["publicIpAddress"])
    builder.put("__meta_lightsail_public_ip", public_address.text());
  builder.put_tags("__meta_lightsail_ipv6_addresses", instance["ipv6Addresses"].texts(), ",");
  for (const JsonNode& tag : instance["tags"].elements())
    if (tag["key"] && tag["value"])
      builder.put_sanitized("__meta_lightsail_tag_", tag["key"].text(), tag["value"].text());
  return builder.build();
}

Task<Result<std::vector<TargetGroup>>> Lightsail::refresh(StopToken stop) {
  std::vector<Target> targets;
  std::string next;
  do {
    std::string question = "{}";
    if (!next.empty()) {
      question = "{\"pageToken\":";
      append_json_string(question, next);
      question += "}";
    }
    net::Headers headers = {{"Content-Type", "application/x-amz-json-1.1"},
                            {"X-Amz-Target", "Lightsail_20161128.GetInstances"}};
    auto body = co_await api_.post(std::move(question), std::move(headers), stop);
    if (!body)
      co_return std::unexpected(std::move(body).error().with_context("could not get instances"));
    CO_TRY(const auto document, JsonDocument::parse(*body));
    for (const JsonNode& instance : document.root()["instances"].elements())
      if (instance["privateIpAddress"]) targets.push_back(target_of(instance));
    next = document.root()["nextPageToken"].text();
    CO_TRY(document.check());
  } while (!next.empty());
  co_return single_group(api_.region(), std::move(targets));
}

}  // namespace

Result<std::unique_ptr<Discoverer>> make_lightsail(AwsPlace place, Duration refresh_interval,
                                                   int port, const DiscoveryContext& context) {
  TRY(auto api, AwsApi::create(std::move(place), "lightsail", context));
  return std::make_unique<Lightsail>(std::move(api), refresh_interval, port, context);
}

}  // namespace alloy::discovery
