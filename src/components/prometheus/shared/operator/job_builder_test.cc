#include "components/prometheus/shared/operator/job_builder.h"

#include <doctest/doctest.h>

namespace alloy::prometheus::operators {
namespace {

struct Fixture {
  MadeJobs make(MadeJobs (*make_jobs)(const Monitor&, const JobSettings&), std::string spec) {
    Monitor monitor;
    monitor.meta.name = "m";
    monitor.meta.name_space = "n";
    monitor.spec = std::move(spec);
    return make_jobs(monitor, {.arguments = arguments, .secrets = secrets, .allows_files = false});
  }

  OperatorArguments arguments;
  kubernetes::Secrets secrets{nullptr};
};

}  // namespace

TEST_CASE("a ServiceMonitor may not name files of ours") {
  Fixture f;
  const auto made = f.make(jobs_of_service_monitor,
                           R"({"selector":{},"endpoints":[{"tlsConfig":{"caFile":"/etc/x"}}]})");
  CHECK(made.jobs.empty());
  REQUIRE(made.errors.size() == 1);
  CHECK(made.errors[0].message() ==
        "serviceMonitor n/m endpoint 0 uses tlsConfig.caFile, which is disallowed because "
        "allow_arbitrary_file_access is false; use tlsConfig.ca instead");
}

TEST_CASE("a mistake in one endpoint is told, and no job is made") {
  Fixture f;
  const std::pair<const char*, const char*> mistakes[] = {
      {R"({"interval":"x"})", "parsing interval from podMonitor"},
      {R"({"interval":"5s"})", "scrape timeout greater than scrape interval"},
      {R"({"port":"("})", "error parsing regexp"},
      {R"({"relabelings":[{"action":"x"}]})", "parsing relabel configs"},
      {R"({"proxyUrl":":x"})", "parsing ProxyURL from podMonitor"},
  };
  for (const auto& [endpoint, error] : mistakes) {
    const auto made =
        f.make(jobs_of_pod_monitor,
               fmt::format(R"({{"selector":{{}},"podMetricsEndpoints":[{{}},{}]}})", endpoint));
    CHECK(made.jobs.empty());
    REQUIRE(made.errors.size() == 1);
    INFO(made.errors[0].message());
    CHECK(made.errors[0].message().contains(error));
  }
}

TEST_CASE("of a ScrapeConfig those jobs are made that can be") {
  Fixture f;
  const auto made = f.make(jobs_of_scrape_config,
                           R"({"staticConfigs":[{"targets":["a:1"]}],"httpSDConfigs":)"
                           R"([{"url":"http://x","refreshInterval":"x"},{"url":"http://y"}]})");
  REQUIRE(made.jobs.size() == 2);
  CHECK(made.jobs[0].name == "scrapeConfig/n/m/static/0");
  CHECK(made.jobs[1].name == "scrapeConfig/n/m/http/1");
  CHECK(made.errors.size() == 1);
}

TEST_CASE("a probe of ingresses asks the prober about their addresses") {
  Fixture f;
  const auto made = f.make(
      jobs_of_probe, R"({"prober":{"url":"blackbox:9115","path":"/probe"},"module":"http_2xx",)"
                     R"("targets":{"ingress":{"selector":{"matchLabels":{"a":"b"}},)"
                     R"("namespaceSelector":{"any":true}}}})");
  REQUIRE(made.jobs.size() == 1);
  const ScrapeJob& job = made.jobs[0];
  CHECK(job.kubernetes == KubernetesTargets{.role = "ingress", .namespaces = {}});
  LabelBuilder labels;
  labels.set("job", job.name);
  labels.set("__address__", "shop.example");
  labels.set("__meta_kubernetes_ingress_scheme", "https");
  labels.set("__meta_kubernetes_ingress_path", "/cart");
  labels.set("__meta_kubernetes_ingress_name", "shop");
  labels.set("__meta_kubernetes_ingress_label_a", "b");
  labels.set("__meta_kubernetes_ingress_labelpresent_a", "true");
  std::vector<RelabelRule> rules;
  for (const JobRule& rule : job.rules) rules.push_back(rule.rule);
  REQUIRE(RelabelRules(rules).apply(labels));
  CHECK(labels.get("__param_target") == "https://shop.example/cart");
  CHECK(labels.get("instance") == "https://shop.example/cart");
  CHECK(labels.get("__address__") == "blackbox:9115");
  CHECK(labels.get("ingress") == "shop");
}

}  // namespace alloy::prometheus::operators
