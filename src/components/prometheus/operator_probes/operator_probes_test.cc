#include "components/prometheus/shared/operator/operator_fixture.h"

namespace alloy {

extern const ComponentType prometheus_operator_probes;

namespace {

constexpr const char* monitors_path = "/apis/monitoring.coreos.com/v1/probes";

struct Fixture : prometheus::operators::OperatorFixture {
  Fixture() : OperatorFixture(prometheus_operator_probes) {}
};

}  // namespace

TEST_CASE("prometheus.operator.probes asks the prober about each target") {
  Fixture f;
  f.server.put(
      monitors_path, "p",
      fmt::format(R"(,"spec":{{"interval":"10s","jobName":"blackbox","module":"icmp",)"
                  R"("prober":{{"url":"{}","path":"/metrics"}},"targets":{{"staticConfig":)"
                  R"({{"static":["https://a.test","b.test"],"labels":{{"env":"x"}}}}}}}})",
                  f.address()));
  f.start();
  for (const char* target : {"https://a.test", "b.test"})
    CHECK(f.wait([&] {
      return f.collector->has(
          fmt::format("{{__name__=\"good\", env=\"x\", instance=\"{}\", job=\"blackbox\", "
                      "namespace=\"d\"}} 1",
                      target));
    }));
  CHECK(f.server.count("/metrics?module=icmp&target=b.test") > 0);
}

}  // namespace alloy
