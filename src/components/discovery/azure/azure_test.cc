#include <doctest/doctest.h>

#include "component/component_harness.h"
#include "components/discovery/azure/cloud.h"
#include "components/discovery/azure/machines.h"

namespace alloy {

extern const ComponentType discovery_azure;

namespace discovery::azure {

TEST_CASE("an Azure machine and its interface become a target") {
  const auto machine = JsonDocument::parse(R"({
    "id":"/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm",
    "name":"vm","location":"eu","tags":{"a-b":"c"},"properties":{
    "osProfile":{"computerName":"host"},"storageProfile":{"osDisk":{"osType":"Linux"}},
    "hardwareProfile":{"vmSize":"B1"},"networkProfile":{"networkInterfaces":[{"id":"/nic"}]}}})");
  const auto interface = JsonDocument::parse(R"({"properties":{"primary":true,
    "ipConfigurations":[{"properties":{"privateIPAddress":"10.0.0.1",
    "publicIPAddress":{"properties":{"ipAddress":"1.2.3.4"}}}}]}})");
  REQUIRE(machine);
  REQUIRE(interface);
  const Machine read = read_machine(machine->root(), "set");
  CHECK(read.interfaces == std::vector<std::string>{"/nic"});
  const Interface card = read_interface(interface->root());
  CHECK(card.is_primary == true);
  CHECK(machine_target(read, card, {.subscription_id = "s", .tenant_id = "t", .port = 80})
            .describe()
            .starts_with(R"({__address__="10.0.0.1:80", )"
                         R"(__meta_azure_machine_computer_name="host", __meta_azure_machine_id=)"));
  CHECK(resource_group_of(read.id) == "rg");
}

TEST_CASE("discovery.azure refuses what can't work") {
  ComponentHarness harness(discovery_azure);
  CHECK(harness.update("subscription_id = \"s\"").error().message() ==
        "exactly one of oauth, managed_identity, sdk_auth, or workload_identity must be specified");
  CHECK(harness.update("environment = \"x\"\nworkload_identity { }").error().message() ==
        "there is no cloud configuration matching the name \"X\"");
  CHECK(find_cloud("AzureChinaCloud")->login == "https://login.chinacloudapi.cn");
}

}  // namespace discovery::azure
}  // namespace alloy
