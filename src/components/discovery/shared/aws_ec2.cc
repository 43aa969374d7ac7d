// Finding EC2 instances.
#include "components/discovery/shared/aws_api.h"
#include "components/shared/xml.h"
#include "net/url.h"

namespace alloy::discovery {
namespace {

using Texts = std::vector<std::string_view>;

// The subnets and IPv6 addresses of an instance's interfaces.
struct Network {
  Texts subnets;
  Texts addresses;
  Texts primary_addresses;  // By the number of the interface; those that have none are empty.

  std::string_view usual_address() const {
    for (const std::string_view address : primary_addresses)
      if (!address.empty()) return address;
    return addresses.empty() ? std::string_view() : addresses[0];
  }
};

void add_interface(Network& network, const XmlElement& interface) {
  if (!interface.has("subnetId")) return;
  const std::string_view subnet = interface["subnetId"].text;
  if (std::ranges::find(network.subnets, subnet) == network.subnets.end())
    network.subnets.push_back(subnet);
  constexpr size_t interfaces_max = 64;
  const auto number = static_cast<size_t>(
      std::max(0, std::atoi(interface["attachment"]["deviceIndex"].text.c_str())));
  for (const XmlElement& address : interface["ipv6AddressesSet"].children) {
    network.addresses.emplace_back(address["ipv6Address"].text);
    if (address["isPrimaryIpv6"].text != "true" || number >= interfaces_max) continue;
    if (network.primary_addresses.size() <= number) network.primary_addresses.resize(number + 1);
    network.primary_addresses[number] = address["ipv6Address"].text;
  }
}

Network network_of(const XmlElement& instance) {
  Network network;
  if (!instance.has("vpcId")) return network;
  for (const XmlElement& interface : instance["networkInterfaceSet"].children)
    add_interface(network, interface);
  return network;
}

void put_if_given(TargetBuilder& builder, std::string_view label, const XmlElement& instance,
                  std::string_view element) {
  if (instance.has(element) && !instance[element].text.empty())
    builder.put(label, instance[element].text);
}

class Ec2 final : public RefreshDiscoverer {
 public:
  Ec2(AwsApi api, Ec2Options options, const DiscoveryContext& context)
      : RefreshDiscoverer("ec2", options.refresh_interval, context),
        api_(std::move(api)),
        options_(std::move(options)) {}

 private:
  Task<Result<std::vector<TargetGroup>>> refresh(StopToken stop) override;
  Task<> find_zones(StopToken stop);
  Task<Result<std::string>> ask(std::multimap<std::string, std::string> parameters, StopToken stop);
  std::optional<Target> target_of(const XmlElement& reservation, const XmlElement& instance) const;

  AwsApi api_;
  Ec2Options options_;
  std::optional<std::map<std::string, std::string>> zone_ids_;  // By the zone's name.
};

Task<Result<std::string>> Ec2::ask(std::multimap<std::string, std::string> parameters,
                                   StopToken stop) {
  parameters.emplace("Version", "2016-11-15");
  net::Headers headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  co_return co_await api_.post(net::encode_query(parameters), std::move(headers), std::move(stop));
}

Task<> Ec2::find_zones(StopToken stop) {
  const auto body = co_await ask({{"Action", "DescribeAvailabilityZones"}}, std::move(stop));
  const auto root = body ? parse_xml(*body) : Result<XmlElement>(std::unexpected(body.error()));
  if (!root) {
    context().logger.debug("Unable to describe availability zones", {{"err", root.error()}});
    co_return;
  }
  zone_ids_.emplace();
  for (const XmlElement& zone : (*root)["availabilityZoneInfo"].children)
    (*zone_ids_)[zone["zoneName"].text] = zone["zoneId"].text;
}

std::optional<Target> Ec2::target_of(const XmlElement& reservation,
                                     const XmlElement& instance) const {
  const Network network = network_of(instance);
  const std::string& private_address = instance["privateIpAddress"].text;
  const auto usual_v6 = network.usual_address();
  if (private_address.empty() && usual_v6.empty()) return std::nullopt;
  TargetBuilder builder;
  builder.put_copy(
      "__address__",
      join_host_port(private_address.empty() ? usual_v6 : private_address, options_.port));
  builder.put("__meta_ec2_region", api_.region());
  builder.put("__meta_ec2_instance_id", instance["instanceId"].text);
  put_if_given(builder, "__meta_ec2_owner_id", reservation, "ownerId");
  put_if_given(builder, "__meta_ec2_private_ip", instance, "privateIpAddress");
  if (instance.has("privateDnsName"))
    builder.put("__meta_ec2_private_dns_name", instance["privateDnsName"].text);
  put_if_given(builder, "__meta_ec2_platform", instance, "platform");
  if (instance.has("ipAddress")) {
    builder.put("__meta_ec2_public_ip", instance["ipAddress"].text);
    builder.put("__meta_ec2_public_dns_name", instance["dnsName"].text);
  }
  if (!usual_v6.empty()) builder.put("__meta_ec2_default_ipv6_address", usual_v6);
  builder.put_tags("__meta_ec2_primary_ipv6_addresses", network.primary_addresses, ",");
  builder.put_tags("__meta_ec2_ipv6_addresses", network.addresses, ",");
  builder.put("__meta_ec2_ami", instance["imageId"].text);
  const std::string& zone = instance["placement"]["availabilityZone"].text;
  builder.put("__meta_ec2_availability_zone", zone);
  const auto zone_id = zone_ids_ ? zone_ids_->find(zone) : decltype(zone_ids_->end()){};
  const bool has_id = zone_ids_ && zone_id != zone_ids_->end();
  builder.put("__meta_ec2_availability_zone_id", has_id ? zone_id->second : std::string_view());
  builder.put("__meta_ec2_instance_state", instance["instanceState"]["name"].text);
  builder.put("__meta_ec2_instance_type", instance["instanceType"].text);
  put_if_given(builder, "__meta_ec2_instance_lifecycle", instance, "instanceLifecycle");
  put_if_given(builder, "__meta_ec2_architecture", instance, "architecture");
  if (instance.has("vpcId")) {
    builder.put("__meta_ec2_vpc_id", instance["vpcId"].text);
    builder.put("__meta_ec2_primary_subnet_id", instance["subnetId"].text);
    builder.put_copy("__meta_ec2_subnet_id", join_tags(network.subnets, ","));
  }
  for (const XmlElement& tag : instance["tagSet"].children)
    if (tag.has("key") && tag.has("value"))
      builder.put_sanitized("__meta_ec2_tag_", tag["key"].text, tag["value"].text);
  return builder.build();
}

Task<Result<std::vector<TargetGroup>>> Ec2::refresh(StopToken stop) {
  // New zones are seen by a reload only, as in the real program.
  if (!zone_ids_) co_await find_zones(stop);
  std::multimap<std::string, std::string> parameters = {{"Action", "DescribeInstances"}};
  for (size_t i = 0; i < options_.filters.size(); ++i) {
    parameters.emplace(fmt::format("Filter.{}.Name", i + 1), options_.filters[i].name);
    for (size_t j = 0; j < options_.filters[i].values.size(); ++j)
      parameters.emplace(fmt::format("Filter.{}.Value.{}", i + 1, j + 1),
                         options_.filters[i].values[j]);
  }
  std::vector<Target> targets;
  while (true) {
    auto body = co_await ask(parameters, stop);
    if (!body)
      co_return std::unexpected(
          std::move(body).error().with_context("could not describe instances"));
    CO_TRY(const auto root, parse_xml(*body));
    for (const XmlElement& reservation : root["reservationSet"].children)
      for (const XmlElement& instance : reservation["instancesSet"].children)
        if (auto target = target_of(reservation, instance)) targets.push_back(*std::move(target));
    const std::string next = root["nextToken"].text;
    if (next.empty()) break;
    parameters.erase("NextToken");
    parameters.emplace("NextToken", next);
  }
  co_return single_group(api_.region(), std::move(targets));
}

}  // namespace

Result<std::unique_ptr<Discoverer>> make_ec2(AwsPlace place, Ec2Options options,
                                             const DiscoveryContext& context) {
  TRY(auto api, AwsApi::create(std::move(place), "ec2", context));
  return std::make_unique<Ec2>(std::move(api), std::move(options), context);
}

}  // namespace alloy::discovery
