#include "components/discovery/shared/fake_server.h"

namespace alloy {

extern const ComponentType discovery_ec2;

namespace discovery {

TEST_CASE("discovery.ec2 signs its requests and makes targets of instances") {
  FakeServer server;
  server.set("/", R"(<DescribeAvailabilityZonesResponse><availabilityZoneInfo><item>
    <zoneName>r-1a</zoneName><zoneId>id1</zoneId></item></availabilityZoneInfo>
    </DescribeAvailabilityZonesResponse>)");
  server.then("/", R"(<DescribeInstancesResponse><reservationSet><item><ownerId>o</ownerId>
    <instancesSet><item><instanceId>i-1</instanceId><imageId>ami</imageId>
    <instanceState><name>running</name></instanceState><instanceType>t</instanceType>
    <placement><availabilityZone>r-1a</availabilityZone></placement>
    <privateIpAddress>10.0.0.1</privateIpAddress><vpcId>v</vpcId><subnetId>s</subnetId>
    <networkInterfaceSet><item><subnetId>s</subnetId></item></networkInterfaceSet>
    <tagSet><item><key>a b</key><value>c</value></item></tagSet></item>
    <item><instanceId>i-2</instanceId></item></instancesSet></item></reservationSet>
    </DescribeInstancesResponse>)");
  server.then("/",
              "<Response><Errors><Error><Code>AuthFailure</Code><Message>no</Message>"
              "</Error></Errors></Response>",
              401);
  ComponentHarness harness(discovery_ec2);
  REQUIRE(
      harness.update(fmt::format("endpoint = \"{}\"\nregion = \"r\"\naccess_key = \"AK\"\n"
                                 "secret_key = \"SK\"",
                                 server.url())));
  harness.start();
  CHECK(wait_for_targets(
      harness, R"({__address__="10.0.0.1:80", __meta_ec2_ami="ami", )"
               R"(__meta_ec2_availability_zone="r-1a", __meta_ec2_availability_zone_id="id1", )"
               R"(__meta_ec2_instance_id="i-1", __meta_ec2_instance_state="running", )"
               R"(__meta_ec2_instance_type="t", __meta_ec2_owner_id="o", )"
               R"(__meta_ec2_primary_subnet_id="s", __meta_ec2_private_ip="10.0.0.1", )"
               R"(__meta_ec2_region="r", __meta_ec2_subnet_id=",s,", __meta_ec2_tag_a_b="c", )"
               R"(__meta_ec2_vpc_id="v"})"
               "\n"));
  CHECK(server.requests("Authorization")[0].contains("Credential=AK/20300101/r/ec2/aws4_request"));
  CHECK(harness.wait_until([&] {
    harness.clock().advance(1min);
    return harness.health().message.contains("could not describe instances: AuthFailure: no");
  }));
}

}  // namespace discovery
}  // namespace alloy
