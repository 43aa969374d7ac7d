#include "components/prometheus/shared/operator/operator_fixture.h"

namespace alloy {

extern const ComponentType prometheus_operator_scrapeconfigs;

namespace {

constexpr const char* monitors_path = "/apis/monitoring.coreos.com/v1alpha1/scrapeconfigs";

struct Fixture : prometheus::operators::OperatorFixture {
  Fixture() : OperatorFixture(prometheus_operator_scrapeconfigs) {}
};

}  // namespace

TEST_CASE("prometheus.operator.scrapeconfigs scrapes what resources list, and what URLs list") {
  Fixture f;
  f.server.answer_with(
      "/list", fmt::format(R"([{{"targets":["{}"],"labels":{{"from":"list"}}}}])", f.address()));
  f.server.put(
      monitors_path, "s",
      fmt::format(R"(,"spec":{{"scrapeInterval":"10s","staticConfigs":[{{"targets":["{0}"],)"
                  R"("labels":{{"from":"resource"}}}}],)"
                  R"("httpSDConfigs":[{{"url":"http://{0}/list"}}]}})",
                  f.address()));
  f.start();
  CHECK(f.wait([&] { return f.collector->count("__name__=\"good\", from=\"resource\"") > 0; }));
  CHECK(f.wait([&] { return f.collector->count("__name__=\"good\", from=\"list\"") > 0; }));
  CHECK(f.collector->count("job=\"scrapeConfig/d/s/static/0\"") > 0);
  CHECK(f.collector->count("job=\"scrapeConfig/d/s/http/0\"") > 0);
}

TEST_CASE("prometheus.operator.scrapeconfigs takes the resources with the labels it selects") {
  Fixture f;
  f.start("selector {\nmatch_labels = {\"a\" = \"b\"}\n}");
  f.server.put(monitors_path, "s",
               fmt::format(R"(,"spec":{{"staticConfigs":[{{"targets":["{}"]}}]}})", f.address()));
  CHECK(f.wait([&] { return f.server.count("scrapeconfigs?") >= 2; }));
  f.harness.stop();
  CHECK(f.server.count("labelSelector=a%3Db") == f.server.count("scrapeconfigs?"));
  CHECK(f.collector->count("good") == 0);
}

}  // namespace alloy
