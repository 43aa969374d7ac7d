#include "components/discovery/shared/fake_server.h"

namespace alloy {

extern const ComponentType discovery_uyuni;

namespace discovery {

TEST_CASE("discovery.uyuni says what went wrong when it is refused") {
  FakeServer server;
  server.set("/rpc/api", R"(<methodResponse><fault><value><struct>
    <member><name>faultCode</name><value><int>2950</int></value></member>
    <member><name>faultString</name><value><string>bad password</string></value></member>
    </struct></value></fault></methodResponse>)");
  ComponentHarness harness(discovery_uyuni);
  REQUIRE(harness.update(
      fmt::format("server = \"{}\"\nusername = \"u\"\npassword = \"p\"", server.url())));
  harness.start();
  CHECK(harness.wait_until([&] {
    harness.clock().advance(1s);
    return harness.health().message.contains(
        "unable to login to Uyuni API: bad password (code 2950)");
  }));
}

TEST_CASE("discovery.uyuni makes targets of endpoints") {
  const auto result = [](const std::string& entry) {
    return "<methodResponse><params><param><value><array><data><value><struct>" + entry +
           "</struct></value></data></array></value></param></params></methodResponse>";
  };
  const auto member = [](const std::string& name, const std::string& value) {
    return "<member><name>" + name + "</name><value>" + value + "</value></member>";
  };
  FakeServer server;
  server.set("/rpc/api",
             "<methodResponse><params><param><value><string>t</string></value>"
             "</param></params></methodResponse>");
  server.then("/rpc/api", result(member("id", "<i4>10</i4>") +
                                 member("system_groups", "<array><data><value><struct>" +
                                                             member("name", "<string>g</string>") +
                                                             "</struct></value></data></array>")));
  server.then("/rpc/api",
              result(member("system_id", "<i4>10</i4>") + member("port", "<i4>9100</i4>") +
                     member("tls_enabled", "<boolean>1</boolean>")));
  server.then("/rpc/api", result(member("system_id", "<i4>10</i4>") +
                                 member("hostname", "<string>h</string>")));
  ComponentHarness harness(discovery_uyuni);
  REQUIRE(harness.update(
      fmt::format("server = \"{}\"\nusername = \"u\"\npassword = \"p\"", server.url())));
  harness.start();
  CHECK(wait_for_targets(harness,
                         R"({__address__="h:9100", __meta_uyuni_endpoint_name="", )"
                         R"(__meta_uyuni_exporter="", __meta_uyuni_groups="g", )"
                         R"(__meta_uyuni_metrics_path="", __meta_uyuni_minion_hostname="h", )"
                         R"(__meta_uyuni_primary_fqdn="", __meta_uyuni_proxy_module="", )"
                         R"(__meta_uyuni_scheme="https", __meta_uyuni_system_id="10"})"
                         "\n"));
}

}  // namespace discovery
}  // namespace alloy
