#include "components/discovery/shared/fake_server.h"

namespace alloy {

extern const ComponentType discovery_puppetdb;

namespace discovery {

TEST_CASE("discovery.puppetdb makes targets of resources, with parameters if wanted") {
  FakeServer server;
  server.set("/pdb/query/v4", R"([{"certname":"h","type":"Class","title":"T","tags":["a"],
    "parameters":{"n":1.5,"l":["x",2],"m":{"d-k":"v"},"none":null}}])");
  ComponentHarness harness(discovery_puppetdb);
  REQUIRE(harness.update(
      fmt::format("url = \"{}\"\nquery = \"q\"\ninclude_parameters = true", server.url())));
  harness.start();
  CHECK(wait_for_targets(
      harness, R"({__address__="h:80", __meta_puppetdb_certname="h", )"
               R"(__meta_puppetdb_environment="", __meta_puppetdb_exported="false", )"
               R"(__meta_puppetdb_file="", __meta_puppetdb_parameter_l="x,2", )"
               R"(__meta_puppetdb_parameter_m_d_k="v", __meta_puppetdb_parameter_n="1.5", )"
               R"(__meta_puppetdb_query="q", __meta_puppetdb_resource="", )"
               R"(__meta_puppetdb_tags=",a,", __meta_puppetdb_title="T", )"
               R"(__meta_puppetdb_type="Class"})"
               "\n"));
  CHECK(harness.update("url = \"ftp://x\"\nquery = \"q\"").error().message() ==
        "URL scheme must be 'http' or 'https'");
}

}  // namespace discovery
}  // namespace alloy
