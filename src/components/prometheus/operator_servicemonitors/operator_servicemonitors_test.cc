#include "components/prometheus/shared/operator/operator_fixture.h"

namespace alloy {

extern const ComponentType prometheus_operator_servicemonitors;

namespace {

constexpr const char* monitors_path = "/apis/monitoring.coreos.com/v1/servicemonitors";

struct Fixture : prometheus::operators::OperatorFixture {
  Fixture() : OperatorFixture(prometheus_operator_servicemonitors) {}
};

}  // namespace

TEST_CASE("prometheus.operator.servicemonitors scrapes the endpoints of the selected services") {
  Fixture f;
  const std::string folder = "/api/v1/namespaces/d/";
  f.add_pod("p");
  f.server.put(folder + "services", "s", R"(,"spec":{"type":"ClusterIP"})");
  f.server.put(folder + "endpoints", "s",
               fmt::format(R"(,"subsets":[{{"addresses":[{{"ip":"127.0.0.1","targetRef":)"
                           R"({{"kind":"Pod","namespace":"d","name":"p"}}}}],)"
                           R"("ports":[{{"name":"web","port":{}}}]}}])",
                           f.port()));
  f.server.put(monitors_path, "m",
               R"(,"spec":{"selector":{},"endpoints":[{"port":"web","interval":"10s"}]})");
  f.start();
  CHECK(f.wait([&] {
    return f.collector->has(
        fmt::format("{{__name__=\"good\", container=\"c\", endpoint=\"web\", instance=\"{}\", "
                    "job=\"s\", namespace=\"d\", pod=\"p\", service=\"s\"}} 1",
                    f.address()));
  }));
}

TEST_CASE("prometheus.operator.servicemonitors knows two ways to find endpoints") {
  Fixture f;
  CHECK(f.harness.update("forward_to = [next]\nkubernetes_role = \"pod\"").error().message() ==
        "only endpoints and endpointslice are supported");
}

}  // namespace alloy
