// ServiceMonitors: each endpoint scrapes a port of the endpoints of the services that are selected.
#include "components/prometheus/shared/operator/endpoint.h"

namespace alloy::prometheus::operators {
namespace {

// The members that name files of ours, and what to write in their place.
struct FileMember {
  std::string_view name;
  std::string_view instead;
};

std::optional<FileMember> find_file_member(JsonNode endpoint) {
  if (!endpoint["bearerTokenFile"].text().empty())
    return FileMember{"bearerTokenFile", "bearerTokenSecret or authorization"};
  const JsonNode tls = endpoint["tlsConfig"];
  if (!tls["caFile"].text().empty()) return FileMember{"tlsConfig.caFile", "tlsConfig.ca"};
  if (!tls["certFile"].text().empty()) return FileMember{"tlsConfig.certFile", "tlsConfig.cert"};
  if (!tls["keyFile"].text().empty()) return FileMember{"tlsConfig.keyFile", "tlsConfig.keySecret"};
  return std::nullopt;
}

Result<> check_files(const Monitor& monitor, JsonNode endpoint, size_t index,
                     const JobSettings& settings) {
  const auto member = find_file_member(endpoint);
  if (!member || settings.allows_files) return {};
  return fail(fmt::format(
      "serviceMonitor {}/{} endpoint {} uses {}, which is disallowed because "
      "allow_arbitrary_file_access is false; use {} instead",
      monitor.meta.name_space, monitor.meta.name, index, member->name, member->instead));
}

Result<> read_credentials(JobBuilder& builder, JsonNode endpoint) {
  HttpClientArguments& http = builder.job().http;
  http.bearer_token_file = endpoint["bearerTokenFile"].text();
  TRY(builder.read_credentials(endpoint, http));
  if (!http.tls) return {};
  const JsonNode tls = endpoint["tlsConfig"];
  http.tls->ca_file = tls["caFile"].text();
  http.tls->cert_file = tls["certFile"].text();
  http.tls->key_file = tls["keyFile"].text();
  return {};
}

Result<> add_port(JobBuilder& builder, JsonNode endpoint, const std::string& prefix) {
  const auto port = endpoint["port"].text();
  if (port.empty()) return add_target_port(builder, endpoint["targetPort"]);
  return builder.add_regex(RelabelAction::keep, {prefix + "_port_name"}, port);
}

// Names of nodes and pods, from what the endpoint's address belongs to.
Result<> add_owner(JobBuilder& builder, const std::string& prefix, const std::string& kind,
                   const std::string& label) {
  TRY(builder.add_regex(RelabelAction::replace,
                        {prefix + "_address_target_kind", prefix + "_address_target_name"},
                        kind + ";(.*)"));
  RelabelRule& rule = builder.job().rules.back().rule;
  rule.target_label = label;
  rule.replacement = "${1}";
  return {};
}

Result<ScrapeJob> make_job(const Monitor& monitor, JsonNode spec, JsonNode endpoint, size_t index,
                           const JobSettings& settings) {
  constexpr std::string_view of = "serviceMonitor";
  TRY(check_files(monitor, endpoint, index, settings));
  const std::string& role = settings.arguments.kubernetes_role;
  const std::string prefix =
      role == "endpointslice" ? "__meta_kubernetes_endpointslice" : "__meta_kubernetes_endpoint";
  JobBuilder builder(
      settings, monitor,
      fmt::format("serviceMonitor/{}/{}/{}", monitor.meta.name_space, monitor.meta.name, index));
  builder.set_kubernetes_targets(role, spec["namespaceSelector"], spec["attachMetadata"]);
  TRY(read_endpoint(builder, spec, endpoint, of));
  TRY(read_credentials(builder, endpoint));
  TRY(builder.add_selector("__meta_kubernetes_service", spec["selector"]));
  TRY(add_port(builder, endpoint, prefix));
  TRY(add_owner(builder, prefix, "Node", "node"));
  TRY(add_owner(builder, prefix, "Pod", "pod"));
  builder.add_copy("__meta_kubernetes_namespace", "namespace");
  builder.add_copy("__meta_kubernetes_service_name", "service");
  builder.add_copy("__meta_kubernetes_pod_container_name", "container");
  builder.add_copy("__meta_kubernetes_pod_name", "pod");
  TRY(add_running_filter(builder, endpoint));
  add_labels_of(builder, "__meta_kubernetes_service_label_", spec["targetLabels"]);
  add_labels_of(builder, "__meta_kubernetes_pod_label_", spec["podTargetLabels"]);
  builder.add_copy("__meta_kubernetes_service_name", "job");
  builder.job().rules.back().rule.replacement = "${1}";
  if (const auto label = spec["jobLabel"].text(); !label.empty())
    builder.add_copy_if_set("__meta_kubernetes_service_label_" + label_name(label), "job");
  add_endpoint_label(builder, endpoint);
  TRY(builder.add_own(endpoint["relabelings"]));
  TRY(builder.add_metric_rules(endpoint["metricRelabelings"]));
  TRY(builder.read_limits(spec, of));
  return builder.finish();
}

}  // namespace

MadeJobs jobs_of_service_monitor(const Monitor& monitor, const JobSettings& settings) {
  return make_endpoint_jobs(monitor, settings, "endpoints", make_job);
}

}  // namespace alloy::prometheus::operators
