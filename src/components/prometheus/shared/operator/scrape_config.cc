// ScrapeConfigs: targets outside of the cluster, listed in the resource or by a URL.
#include "components/prometheus/shared/operator/job_builder.h"
#include "components/shared/prometheus_duration.h"
#include "signals/go_strings.h"

namespace alloy::prometheus::operators {
namespace {

Result<> read_common(JobBuilder& builder, const Monitor& monitor, JsonNode spec) {
  constexpr std::string_view of = "scrapeConfig";
  ScrapeJob& job = builder.job();
  job.honor_labels = spec["honorLabels"].boolean();
  if (spec["honorTimestamps"]) job.honor_timestamps = spec["honorTimestamps"].boolean();
  TRY(builder.read_interval(spec["scrapeInterval"], of));
  TRY(builder.read_timeout(spec["scrapeTimeout"], of));
  TRY(builder.read_protocols(spec["scrapeProtocols"]));
  if (spec["metricsPath"]) job.metrics_path = spec["metricsPath"].text();
  builder.read_params(spec["params"]);
  if (spec["scheme"]) job.scheme = to_lower(spec["scheme"].text());
  if (spec["enableCompression"]) job.enable_compression = spec["enableCompression"].boolean();
  TRY(builder.read_credentials(spec, job.http));
  builder.add_constant("__meta_kubernetes_scrapeconfig_namespace", monitor.meta.name_space);
  builder.add_constant("__meta_kubernetes_scrapeconfig_name", monitor.meta.name);
  TRY(builder.add_own(spec["relabelings"]));
  TRY(builder.add_metric_rules(spec["metricRelabelings"]));
  return builder.read_limits(spec, of);
}

Result<ScrapeJob> make_static_job(const Monitor& monitor, JsonNode spec, JsonNode config,
                                  size_t index, const JobSettings& settings) {
  JobBuilder builder(settings, monitor,
                     fmt::format("scrapeConfig/{}/{}/static/{}", monitor.meta.name_space,
                                 monitor.meta.name, index));
  TRY(read_common(builder, monitor, spec));
  StaticTargets& targets = builder.job().statics.emplace_back();
  for (const std::string_view target : config["targets"].texts())
    targets.addresses.emplace_back(target);
  for (const auto& [name, value] : config["labels"].members())
    targets.labels.emplace(name, value.text());
  builder.add_copy("__address__", "instance");
  return builder.finish();
}

Result<ScrapeJob> make_listed_job(const Monitor& monitor, JsonNode spec, JsonNode config,
                                  size_t index, const JobSettings& settings) {
  JobBuilder builder(
      settings, monitor,
      fmt::format("scrapeConfig/{}/{}/http/{}", monitor.meta.name_space, monitor.meta.name, index));
  TRY(read_common(builder, monitor, spec));
  HttpTargets& targets = builder.job().listed.emplace();
  targets.url = config["url"].text();
  if (config["refreshInterval"]) {
    auto interval = parse_prometheus_duration(config["refreshInterval"].text());
    if (!interval)
      return std::unexpected(
          std::move(interval).error().with_context("parsing refresh interval from HTTPSDConfig"));
    targets.refresh_interval = *interval;
  }
  TRY(builder.read_credentials(config, targets.http));
  return builder.finish();
}

using MakeJob = Result<ScrapeJob> (*)(const Monitor& monitor, JsonNode spec, JsonNode config,
                                      size_t index, const JobSettings& settings);

void add_jobs(MadeJobs& made, const Monitor& monitor, JsonNode spec, std::string_view list,
              const JobSettings& settings, MakeJob make) {
  size_t index = 0;
  for (const JsonNode& config : spec[list].elements()) {
    auto job = make(monitor, spec, config, index++, settings);
    if (job) {
      made.jobs.push_back(*std::move(job));
    } else {
      made.errors.push_back(job.error());
    }
  }
}

}  // namespace

MadeJobs jobs_of_scrape_config(const Monitor& monitor, const JobSettings& settings) {
  const auto document = JsonDocument::parse(monitor.spec);
  if (!document) return {.jobs = {}, .errors = {document.error()}};
  MadeJobs made;
  add_jobs(made, monitor, document->root(), "staticConfigs", settings, make_static_job);
  add_jobs(made, monitor, document->root(), "httpSDConfigs", settings, make_listed_job);
  if (const auto checked = document->check(); !checked)
    return {.jobs = {}, .errors = {checked.error()}};
  return made;
}

}  // namespace alloy::prometheus::operators
