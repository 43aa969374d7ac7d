// Probes: a prober, such as the blackbox exporter, is asked about targets.
#include "components/prometheus/shared/operator/job_builder.h"

namespace alloy::prometheus::operators {
namespace {

Result<> add_static_targets(JobBuilder& builder, JsonNode config, const std::string& prober) {
  StaticTargets& targets = builder.job().statics.emplace_back();
  for (const std::string_view target : config["static"].texts())
    targets.addresses.emplace_back(target);
  for (const auto& [name, value] : config["labels"].members())
    targets.labels.emplace(name, value.text());
  targets.labels.try_emplace("namespace", builder.name_space());
  builder.add_copy("__address__", "__param_target");
  builder.add_copy("__param_target", "instance");
  builder.add_constant("__address__", prober);
  return builder.add_own(config["relabelingConfigs"]);
}

Result<> add_ingress_targets(JobBuilder& builder, JsonNode config, const std::string& prober) {
  TRY(builder.add_selector("__meta_kubernetes_ingress", config["selector"]));
  builder.set_kubernetes_targets("ingress", config["namespaceSelector"], {});
  TRY(builder.add_regex(
      RelabelAction::replace,
      {"__meta_kubernetes_ingress_scheme", "__address__", "__meta_kubernetes_ingress_path"},
      "(.+);(.+);(.+)"));
  RelabelRule& target = builder.job().rules.back().rule;
  target.target_label = "__param_target";
  target.replacement = "${1}://${2}${3}";
  builder.add_copy("__meta_kubernetes_namespace", "namespace");
  builder.add_copy("__meta_kubernetes_ingress_name", "ingress");
  builder.add_copy_if_set("__address__", "__tmp_ingress_address");
  builder.job().rules.back().rule.replacement = "$1";
  builder.add_copy("__param_target", "instance");
  builder.add_constant("__address__", prober);
  return builder.add_own(config["relabelingConfigs"]);
}

Result<ScrapeJob> make_job(const Monitor& monitor, JsonNode spec, const JobSettings& settings) {
  constexpr std::string_view of = "probe";
  JobBuilder builder(settings, monitor,
                     fmt::format("probe/{}/{}", monitor.meta.name_space, monitor.meta.name));
  ScrapeJob& job = builder.job();
  const JsonNode prober = spec["prober"];
  job.metrics_path = prober["path"].text();
  TRY(builder.read_interval(spec["interval"], of));
  TRY(builder.read_timeout(spec["scrapeTimeout"], of));
  TRY(builder.read_protocols(spec["scrapeProtocols"]));
  if (!prober["scheme"].text().empty()) job.scheme = prober["scheme"].text();
  TRY(builder.read_proxy(prober["proxyUrl"], of));
  if (const auto module = spec["module"].text(); !module.empty())
    job.params["module"] = {std::string(module)};
  TRY(builder.read_limits(spec, of));
  job.limits.body_bytes = 0;
  if (const auto name = spec["jobName"].text(); !name.empty())
    builder.add_constant("job", std::string(name));
  const std::string url(prober["url"].text());
  const JsonNode targets = spec["targets"];
  if (targets["staticConfig"]) {
    TRY(add_static_targets(builder, targets["staticConfig"], url));
  } else if (targets["ingress"]) {
    TRY(add_ingress_targets(builder, targets["ingress"], url));
  }
  TRY(builder.read_credentials(spec, job.http));
  TRY(builder.add_metric_rules(spec["metricRelabelings"]));
  return builder.finish();
}

}  // namespace

MadeJobs jobs_of_probe(const Monitor& monitor, const JobSettings& settings) {
  const auto document = JsonDocument::parse(monitor.spec);
  if (!document) return {.jobs = {}, .errors = {document.error()}};
  auto job = make_job(monitor, document->root(), settings);
  if (const auto checked = document->check(); job && !checked)
    job = std::unexpected(checked.error());
  if (!job) return {.jobs = {}, .errors = {job.error()}};
  MadeJobs made;
  made.jobs.push_back(*std::move(job));
  return made;
}

}  // namespace alloy::prometheus::operators
