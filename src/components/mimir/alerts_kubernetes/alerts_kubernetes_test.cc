#include "component/component_harness.h"
#include "components/mimir/shared/test_peers.h"
#include "values/stdlib/yaml_decode.h"

namespace alloy {

extern const ComponentType mimir_alerts_kubernetes;

namespace {

using namespace mimir;

constexpr const char* configs_path = "/apis/monitoring.coreos.com/v1alpha1/alertmanagerconfigs";
constexpr const char* base = "route:\n  receiver: base\nreceivers:\n- name: base\n";

std::string spec(std::string_view receiver) {
  return fmt::format(R"(,"spec":{{"route":{{"receiver":"r"}},"receivers":[{{"name":"r",{}}}]}})",
                     receiver);
}

std::string arguments(const Mimir& mimir, std::string_view more = "") {
  return fmt::format("address = \"{}\"\nglobal_config = `{}`\n{}", mimir.url(), base, more);
}

}  // namespace

TEST_CASE("mimir.alerts.kubernetes sends the user's configuration with the resources merged in") {
  kubernetes::FakeApiServer cluster;
  const KubeConfig config(cluster.url());
  Mimir mimir;
  mimir.refuse(1);
  cluster.put("/api/v1/namespaces", "d", "");
  cluster.answer_with("/api/v1/namespaces/d/secrets/s", R"({"data":{"url":"aHR0cHM6Ly9oLzE="}})");
  cluster.put(configs_path, "a", spec(R"("slackConfigs":[{"apiURL":{"name":"s","key":"url"}}])"));
  ComponentHarness alerts(mimir_alerts_kubernetes);
  REQUIRE(alerts.update(arguments(mimir, "template_files = { t = \"{{ x }}\" }")));
  alerts.start();
  CHECK(alerts.wait_until([&] {
    alerts.clock().advance(1s);
    return !mimir.last_body().empty();
  }));
  CHECK(alerts.wait_until([&] { return alerts.health().state == HealthState::healthy; }));
  CHECK(mimir.last_body() ==
        "template_files:\n"
        "  t: '{{ x }}'\n"
        "alertmanager_config: |\n"
        "  receivers:\n"
        "  - name: base\n"
        "  - name: d/a/r\n"
        "    slack_configs:\n"
        "    - api_url: https://h/1\n"
        "  route:\n"
        "    receiver: base\n"
        "    routes:\n"
        "    - receiver: d/a/r\n"
        "      matchers:\n"
        "      - namespace=\"d\"\n"
        "      continue: true\n"
        "  templates: []\n");
  CHECK(alerts.metric("mimir_alerts_events_retried_total") >= 1);

  cluster.remove(configs_path, "a");
  CHECK(alerts.wait_until([&] { return !mimir.last_body().contains("d/a/r"); }));
  alerts.stop();
  CHECK(mimir.was_asked("POST /api/v1/alerts"));
}

TEST_CASE("mimir.alerts.kubernetes keeps what a resource was before it became invalid") {
  kubernetes::FakeApiServer cluster;
  const KubeConfig config(cluster.url());
  Mimir mimir;
  cluster.put("/api/v1/namespaces", "d", "");
  cluster.put(configs_path, "a", spec(R"("webhookConfigs":[{"url":"http://good"}])"));
  ComponentHarness alerts(mimir_alerts_kubernetes);
  REQUIRE(alerts.update(arguments(mimir)));
  alerts.start();
  CHECK(alerts.wait_until([&] { return mimir.last_body().contains("http://good"); }));
  cluster.put(configs_path, "a", spec(R"("webhookConfigs":[{"url":"no url"}])"));
  cluster.put(configs_path, "b", spec(R"("webhookConfigs":[{"url":"http://other"}])"));
  CHECK(alerts.wait_until([&] { return mimir.last_body().contains("http://other"); }));
  CHECK(mimir.last_body().contains("http://good"));
  alerts.stop();
}

TEST_CASE("mimir.alerts.kubernetes says what is wrong with the user's configuration") {
  kubernetes::FakeApiServer cluster;
  const KubeConfig config(cluster.url());
  ComponentHarness alerts(mimir_alerts_kubernetes);
  REQUIRE(alerts.update("address = \"http://127.0.0.1:1\"\nglobal_config = \"receivers: []\""));
  alerts.start();
  CHECK(alerts.wait_until([&] {
    return alerts.health().message ==
           "failed to provision Alertmanager configuration: failed to initialize from global "
           "AlertmangerConfig: check AlertmanagerConfig root route failed: root route must exist";
  }));
  alerts.stop();
  CHECK(alerts.metric("mimir_alerts_events_failed_total") >= 1);
}

TEST_CASE("mimir.alerts.kubernetes refuses strategies that are none") {
  kubernetes::FakeApiServer cluster;
  const KubeConfig config(cluster.url());
  Mimir mimir;
  ComponentHarness alerts(mimir_alerts_kubernetes);
  CHECK(alerts.update(arguments(mimir, "alertmanagerconfig_matcher {\nstrategy = \"Some\"\n}"))
            .error()
            .message() ==
        "initializing component failed: invalid strategy in alertmanagerconfig_matcher: Some");
  CHECK(alerts
            .update(arguments(mimir,
                              "alertmanagerconfig_matcher {\nstrategy = "
                              "\"OnNamespaceExceptForAlertmanagerNamespace\"\n}"))
            .error()
            .message()
            .ends_with("alertmanager_namespace has to be set"));
}

}  // namespace alloy
