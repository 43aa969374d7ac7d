#include "components/prometheus/shared/operator/endpoint.h"

namespace alloy::prometheus::operators {

MadeJobs make_endpoint_jobs(const Monitor& monitor, const JobSettings& settings,
                            std::string_view list, MakeEndpointJob make) {
  MadeJobs made;
  const auto document = JsonDocument::parse(monitor.spec);
  if (!document) return {.jobs = {}, .errors = {document.error()}};
  const JsonNode spec = document->root();
  size_t index = 0;
  for (const JsonNode& endpoint : spec[list].elements()) {
    auto job = make(monitor, spec, endpoint, index++, settings);
    if (!job) return {.jobs = {}, .errors = {job.error()}};
    made.jobs.push_back(*std::move(job));
  }
  if (const auto checked = document->check(); !checked)
    return {.jobs = {}, .errors = {checked.error()}};
  return made;
}

Result<> read_endpoint(JobBuilder& builder, JsonNode spec, JsonNode endpoint, std::string_view of) {
  ScrapeJob& job = builder.job();
  job.honor_labels = endpoint["honorLabels"].boolean();
  if (endpoint["honorTimestamps"]) job.honor_timestamps = endpoint["honorTimestamps"].boolean();
  TRY(builder.read_interval(endpoint["interval"], of));
  TRY(builder.read_timeout(endpoint["scrapeTimeout"], of));
  TRY(builder.read_protocols(spec["scrapeProtocols"]));
  if (!endpoint["path"].text().empty()) job.metrics_path = endpoint["path"].text();
  TRY(builder.read_proxy(endpoint["proxyUrl"], of));
  builder.read_params(endpoint["params"]);
  if (!endpoint["scheme"].text().empty()) job.scheme = endpoint["scheme"].text();
  if (endpoint["followRedirects"])
    job.http.follow_redirects = endpoint["followRedirects"].boolean();
  if (endpoint["enableHttp2"]) job.http.enable_http2 = endpoint["enableHttp2"].boolean();
  return {};
}

Result<> add_running_filter(JobBuilder& builder, JsonNode endpoint) {
  if (endpoint["filterRunning"] && !endpoint["filterRunning"].boolean()) return {};
  return builder.add_regex(RelabelAction::drop, {"__meta_kubernetes_pod_phase"},
                           "(Failed|Succeeded)");
}

Result<> add_target_port(JobBuilder& builder, JsonNode port) {
  const std::string text = port_text(port);
  if (text.empty() || text == "0") return {};
  const char* label = port.is_text() ? "__meta_kubernetes_pod_container_port_name"
                                     : "__meta_kubernetes_pod_container_port_number";
  return builder.add_regex(RelabelAction::keep, {label}, text);
}

void add_labels_of(JobBuilder& builder, std::string_view prefix, JsonNode names) {
  for (const std::string_view name : names.texts())
    builder.add_copy_if_set(std::string(prefix) + label_name(name), label_name(name));
}

void add_endpoint_label(JobBuilder& builder, JsonNode endpoint) {
  std::string port(endpoint["port"].text());
  if (port.empty()) port = port_text(endpoint["targetPort"]);
  if (!port.empty()) builder.add_constant("endpoint", std::move(port));
}

}  // namespace alloy::prometheus::operators
