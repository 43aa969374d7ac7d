// PodMonitors: each endpoint scrapes a port of the pods that are selected.
#include "components/prometheus/shared/operator/endpoint.h"

namespace alloy::prometheus::operators {
namespace {

Result<> add_port(JobBuilder& builder, JsonNode endpoint) {
  constexpr auto keep = RelabelAction::keep;
  const auto port = endpoint["port"].text();
  if (!port.empty())
    return builder.add_regex(keep, {"__meta_kubernetes_pod_container_port_name"}, port);
  if (const int64_t number = endpoint["portNumber"].integer(); number != 0)
    return builder.add_regex(keep, {"__meta_kubernetes_pod_container_port_number"},
                             std::to_string(number));
  return add_target_port(builder, endpoint["targetPort"]);
}

Result<ScrapeJob> make_job(const Monitor& monitor, JsonNode spec, JsonNode endpoint, size_t index,
                           const JobSettings& settings) {
  constexpr std::string_view of = "podMonitor";
  JobBuilder builder(
      settings, monitor,
      fmt::format("podMonitor/{}/{}/{}", monitor.meta.name_space, monitor.meta.name, index));
  builder.set_kubernetes_targets("pod", spec["namespaceSelector"], spec["attachMetadata"]);
  TRY(read_endpoint(builder, spec, endpoint, of));
  TRY(builder.read_credentials(endpoint, builder.job().http));
  TRY(add_running_filter(builder, endpoint));
  TRY(builder.add_selector("__meta_kubernetes_pod", spec["selector"]));
  TRY(add_port(builder, endpoint));
  builder.add_copy("__meta_kubernetes_namespace", "namespace");
  builder.add_copy("__meta_kubernetes_pod_container_name", "container");
  builder.add_copy("__meta_kubernetes_pod_name", "pod");
  add_labels_of(builder, "__meta_kubernetes_pod_label_", spec["podTargetLabels"]);
  builder.add_constant("job", fmt::format("{}/{}", monitor.meta.name_space, monitor.meta.name));
  if (const auto label = spec["jobLabel"].text(); !label.empty())
    builder.add_copy_if_set("__meta_kubernetes_pod_label_" + label_name(label), "job");
  add_endpoint_label(builder, endpoint);
  TRY(builder.add_own(endpoint["relabelings"]));
  TRY(builder.add_metric_rules(endpoint["metricRelabelings"]));
  TRY(builder.read_limits(spec, of));
  return builder.finish();
}

}  // namespace

MadeJobs jobs_of_pod_monitor(const Monitor& monitor, const JobSettings& settings) {
  return make_endpoint_jobs(monitor, settings, "podMetricsEndpoints", make_job);
}

}  // namespace alloy::prometheus::operators
