#include "components/mimir/alerts_kubernetes/alertmanager_config.h"

#include <doctest/doctest.h>

namespace alloy::mimir::alerts_kubernetes {
namespace {

constexpr const char* base_yaml =
    "global:\n  smtp_smarthost: h:25\n  smtp_from: a@b\nroute:\n  receiver: base\n"
    "  routes:\n  - receiver: old\n";

// What becomes of a resource "n/c" that needs no secrets.
Result<std::string> merged(const std::string& spec, MatcherStrategy strategy = {}) {
  const ObjectPointer base = read_base_config(base_yaml).value();
  AlertmanagerConfig resource;
  resource.meta.name_space = "n";
  resource.meta.name = "c";
  resource.spec = spec;
  kubernetes::Secrets secrets(nullptr);
  TRY(auto added, read_addition(resource, strategy, *base, secrets));
  const std::string all = merge(*base, {{"n/c", std::move(added)}});
  return all.substr(all.find("\nroute:"));
}

std::string error_of(const std::string& spec) {
  auto result = merged(spec);
  return result ? "none" : result.error().message();
}

std::string with_receiver(std::string_view fields) {
  return fmt::format(R"({{"route":{{"receiver":"r"}},"receivers":[{{"name":"r",{}}}]}})", fields);
}

constexpr const char* routed =
    R"({"route":{"receiver":"r","groupBy":["a"],"groupWait":"1s",
"matchers":[{"name":"x","value":"a\"b"}],
"routes":[{"receiver":"r","continue":true,"matchers":[{"name":"s","value":"a|b","regex":true},
{"name":"t","value":"u","matchType":"!~"}],"muteTimeIntervals":["m"]}]},"receivers":[{"name":"r"}],
"muteTimeIntervals":[{"name":"m","timeIntervals":[{
"times":[{"startTime":"08:00","endTime":"24:00"}],
"weekdays":["Monday:friday","0"],"daysOfMonth":[{"start":1,"end":5},{"start":-1,"end":-1}],
"months":["january:3"],"years":["2024:2026"]}]}],
"inhibitRules":[{"targetMatch":[{"name":"a","value":"b"}],
"sourceMatch":[{"name":"namespace","value":"n","matchType":"="}],"equal":["e"]}]})";

}  // namespace

TEST_CASE("routes, inhibition rules and times of a resource go in front of the user's routes") {
  CHECK(merged(routed).value() ==
        "\nroute:\n"
        "  receiver: base\n"
        "  routes:\n"
        "  - receiver: n/c/r\n"
        "    group_by:\n"
        "    - a\n"
        "    matchers:\n"
        "    - x=\"a\\\"b\"\n"
        "    - namespace=\"n\"\n"
        "    continue: true\n"
        "    routes:\n"
        "    - receiver: n/c/r\n"
        "      matchers:\n"
        "      - s=~\"a|b\"\n"
        "      - t!~\"u\"\n"
        "      continue: true\n"
        "      mute_time_intervals:\n"
        "      - n/c/m\n"
        "    group_wait: 1s\n"
        "  - receiver: old\n"
        "receivers:\n"
        "- name: n/c/r\n"
        "inhibit_rules:\n"
        "- target_matchers:\n"
        "  - a=\"b\"\n"
        "  - namespace=\"n\"\n"
        "  source_matchers:\n"
        "  - namespace=\"n\"\n"
        "  equal:\n"
        "  - e\n"
        "mute_time_intervals:\n"
        "- name: n/c/m\n"
        "  time_intervals:\n"
        "  - times:\n"
        "    - start_time: 08:00\n"
        "      end_time: 24:00\n"
        "    weekdays:\n"
        "    - monday:friday\n"
        "    - sunday\n"
        "    days_of_month:\n"
        "    - 1:5\n"
        "    - \"-1\"\n"
        "    months:\n"
        "    - january:march\n"
        "    years:\n"
        "    - 2024:2026\n"
        "templates: []\n");
}

TEST_CASE("a strategy says whose alerts a resource applies to") {
  using enum MatcherStrategy::Kind;
  const std::string spec = with_receiver(R"("webhookConfigs":[])");
  CHECK(merged(spec)->contains("namespace="));
  CHECK_FALSE(merged(spec, {none, {}})->contains("namespace="));
  CHECK_FALSE(merged(spec, {on_namespace_except, "n"})->contains("namespace="));
  CHECK(merged(spec, {on_namespace_except, "other"})->contains("namespace="));
}

TEST_CASE("fields of receivers get the names that Alertmanager has for them") {
  const std::string all =
      merged(with_receiver(
                 R"("emailConfigs":[{"to":"x","html":"","headers":[{"key":"B","value":"c"}],
"requireTLS":false,"tlsConfig":{"serverName":"s"}}],
"opsgenieConfigs":[{"responders":[{"name":"ops","type":"team"}],"httpConfig":{"proxyUrl":"a",
"proxyURL":"b","followRedirects":true,"enableHttp2":false}}])"))
          .value();
  CHECK(all.substr(all.find("receivers:")) == ("receivers:\n"
                                               "- name: n/c/r\n"
                                               "  opsgenie_configs:\n"
                                               "  - http_config:\n"
                                               "      proxy_url: b\n"
                                               "      follow_redirects: true\n"
                                               "      enable_http2: false\n"
                                               "    responders:\n"
                                               "    - name: ops\n"
                                               "      type: team\n"
                                               "  email_configs:\n"
                                               "  - to: x\n"
                                               "    headers:\n"
                                               "      B: c\n"
                                               "    html: \"\"\n"
                                               "    require_tls: false\n"
                                               "    tls_config:\n"
                                               "      server_name: s\n"
                                               "templates: []\n"));
}

TEST_CASE("what Alertmanager would refuse is an error that says where") {
  CHECK(error_of(R"({"route":{"receiver":"x"},"receivers":[{"name":"r"}]})") ==
        "receiver \"x\" not found");
  CHECK(error_of(R"({"route":{"receiver":"r","routes":[{"matchers":["a=b"]}]},
"receivers":[{"name":"r"}]})") == "unexpected JSON: \"a=b\" is a text where an object is expected");
  CHECK(error_of(
            R"({"route":{"receiver":"r","routes":[{"colour":1}]},"receivers":[{"name":"r"}]})") ==
        "route[0]: unknown field \"colour\"");
  CHECK(error_of(R"({"receivers":[{"name":"r"},{"name":"r"}]})") == "\"r\" receiver is not unique");
  CHECK(error_of(with_receiver(R"("webhookConfigs":[{"maxAlerts":1}])")) ==
        "receiver \"r\": 'webhookConfigs': [0]: one of 'url', 'urlSecret' must be configured");
  CHECK(error_of(with_receiver(R"("telegramConfigs":[{"botTokenFile":"f"}])")) ==
        "receiver \"r\": 'telegramConfigs': [0]: missing 'chatID'");
  CHECK(error_of(with_receiver(R"("webexConfigs":[{"roomID":5}])")) ==
        "unexpected JSON: 5 is a number where a text is expected");
  for (const char* interval :
       {R"({"times":[{"startTime":"25:00","endTime":"26:00"}]})", R"({"weekdays":["payday"]})",
        R"({"months":["13"]})", R"({"daysOfMonth":[{"start":5,"end":1}]})", R"({"years":["3:2"]})"})
    CHECK(error_of(fmt::format(
                       R"({{"route":{{"receiver":"r"}},"receivers":[{{"name":"r"}}],
"muteTimeIntervals":[{{"name":"m","timeIntervals":[{}]}}]}})",
                       interval))
              .starts_with("mute time interval \"m\": "));
}

TEST_CASE("the user's configuration must have a route for everything") {
  const auto error = [](const char* yaml) { return read_base_config(yaml).error().message(); };
  CHECK(error("").ends_with("root route must exist"));
  CHECK(error("route: {}").ends_with("root route's receiver must exist"));
  CHECK(error("route: {receiver: a, matchers: [x]}").ends_with("not permitted on root route"));
  CHECK(error("route: {receiver: a, continue: true}")
            .ends_with("cannot have continue in root route"));
  CHECK(error("a: [").starts_with("failed to unmarshal global config: "));
}

}  // namespace alloy::mimir::alerts_kubernetes
