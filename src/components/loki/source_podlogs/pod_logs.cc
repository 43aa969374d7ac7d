#include "components/loki/source_podlogs/pod_logs.h"

#include "components/loki/shared/pod_tail/pod_tailers.h"
#include "components/shared/target_groups.h"
#include "services/component_json.h"

namespace alloy::loki::source_podlogs {
namespace {

using namespace kubernetes;

PodLogs decode_pod_logs(JsonNode object) {
  PodLogs pod_logs;
  pod_logs.meta = decode_meta(object);
  const JsonNode spec = object["spec"];
  pod_logs.selector = read_label_selector(spec["selector"]);
  pod_logs.namespace_selector = read_label_selector(spec["namespaceSelector"]);
  pod_logs.relabelings = read_relabel_specs(spec["relabelings"]);
  return pod_logs;
}

// Labels and annotations, each with a second label that says it is there.
void put_metadata(LabelBuilder& labels, const std::string& prefix, const ObjectMeta& meta) {
  const auto put = [&](std::string_view kind, const Texts& texts) {
    for (const auto& [name, value] : texts) {
      const std::string sanitized = discovery::sanitize_label_name(name);
      labels.set(labels.keep(fmt::format("{}_{}_{}", prefix, kind, sanitized)), value);
      labels.set(labels.keep(fmt::format("{}_{}present_{}", prefix, kind, sanitized)), "true");
    }
  };
  put("label", meta.labels);
  put("annotation", meta.annotations);
}

LabelSet labels_of_pod(const PodLogs& pod_logs, const Pod& pod, const Namespace& name_space) {
  LabelBuilder labels;
  labels.set("__meta_kubernetes_podlogs_namespace", pod_logs.meta.name_space);
  labels.set("__meta_kubernetes_podlogs_name", pod_logs.meta.name);
  put_metadata(labels, "__meta_kubernetes_podlogs", pod_logs.meta);
  labels.set("__meta_kubernetes_namespace", pod.meta.name_space);
  put_metadata(labels, "__meta_kubernetes_namespace", name_space.meta);
  labels.set("__meta_kubernetes_pod_uid", pod.meta.uid);
  labels.set("__meta_kubernetes_pod_name", pod.meta.name);
  labels.set("__meta_kubernetes_pod_node_name", pod.node_name);
  labels.set("__meta_kubernetes_pod_ip", pod.ip);
  labels.set("__meta_kubernetes_pod_host_ip", pod.host_ip);
  labels.set("__meta_kubernetes_pod_ready", pod.ready);
  labels.set("__meta_kubernetes_pod_phase", pod.phase);
  put_metadata(labels, "__meta_kubernetes_pod", pod.meta);
  if (pod.meta.controller) {
    labels.set("__meta_kubernetes_pod_controller_kind", pod.meta.controller->kind);
    labels.set("__meta_kubernetes_pod_controller_name", pod.meta.controller->name);
  }
  labels.set("__pod_namespace__", pod.meta.name_space);
  labels.set("__pod_name__", pod.meta.name);
  labels.set("__pod_uid__", pod.meta.uid);
  return labels.build();
}

LabelSet labels_of_container(const PodLogs& pod_logs, const Pod& pod, const Container& container,
                             const LabelSet& of_pod) {
  LabelBuilder labels;
  labels.reset(of_pod.labels());
  labels.set("__meta_kubernetes_pod_container_init", container.is_init ? "true" : "false");
  labels.set("__meta_kubernetes_pod_container_name", container.name);
  labels.set("__meta_kubernetes_pod_container_image", container.image);
  labels.set("__pod_container_name__", container.name);
  labels.set("instance", labels.keep(fmt::format("{}/{}:{}", pod.meta.name_space, pod.meta.name,
                                                 container.name)));
  labels.set("job",
             labels.keep(fmt::format("{}/{}", pod_logs.meta.name_space, pod_logs.meta.name)));
  return labels.build();
}

void add_container(const PodLogs& pod_logs, const Container& container, const LabelSet& discovered,
                   const RelabelRules& rules, DiscoveredLabels meta, PodInfo& info,
                   std::vector<PodTarget>& targets) {
  LabelBuilder builder;
  builder.reset(discovered.labels());
  const LabelSet labels = rules.apply(builder) ? builder.build() : LabelSet();
  const std::string job =
      fmt::format("{}/{}:{}", pod_logs.meta.name_space, pod_logs.meta.name, container.name);
  auto target = make_pod_target(discovered, labels, job, meta);
  ContainerInfo& shown = info.containers.emplace_back();
  shown.discovered_labels = as_map(discovered);
  if (!target) {
    shown.labels = as_map(labels);
    shown.reconcile_error = "invalid labels: " + target.error().message();
    return;
  }
  shown.labels = as_map(target->labels);
  targets.push_back(*std::move(target));
}

// What a PodLogs means, understood.
struct Meaning {
  RelabelRulesPointer rules;
  LabelSelector pods;
  LabelSelector namespaces;
};

Result<Meaning> understand(const PodLogs& pod_logs) {
  const auto context = [](auto result, std::string_view what) {
    if (!result) result = std::unexpected(std::move(result).error().with_context(what));
    return result;
  };
  TRY(auto rules, context(make_relabel_rules(pod_logs.relabelings), "invalid relabelings"));
  TRY(auto pods, context(LabelSelector::create(pod_logs.selector), "invalid Pod selector"));
  TRY(auto namespaces,
      context(LabelSelector::create(pod_logs.namespace_selector), "invalid Pod namespaceSelector"));
  return Meaning{std::make_shared<const RelabelRules>(std::move(rules)), std::move(pods),
                 std::move(namespaces)};
}

}  // namespace

constinit const kubernetes::ObjectType pod_logs_type =
    kubernetes::object_type<PodLogs, decode_pod_logs>(
        "podlogs", "/apis/monitoring.grafana.com/v1alpha2", "podlogs");

FoundPods find_pods(const PodLogs& pod_logs, const kubernetes::ObjectWatch& cluster,
                    DiscoveredLabels meta, WallTime now) {
  FoundPods found;
  found.info.name_space = pod_logs.meta.name_space;
  found.info.name = pod_logs.meta.name;
  found.info.last_reconcile = format_local_time(now);
  const auto meaning = understand(pod_logs);
  if (!meaning) {
    found.info.reconcile_error = meaning.error().message();
    return found;
  }
  for (const auto& [key, object] : cluster.objects(pod_type)) {
    const Pod& pod = static_cast<const Pod&>(*object);
    if (!meaning->pods.matches(pod.meta.labels)) continue;
    const auto* name_space = cluster.find<Namespace>(namespace_type, pod.meta.name_space);
    if (name_space == nullptr || !meaning->namespaces.matches(name_space->meta.labels)) continue;
    PodInfo& info = found.info.pods.emplace_back();
    info.name_space = pod.meta.name_space;
    info.name = pod.meta.name;
    const LabelSet of_pod = labels_of_pod(pod_logs, pod, *name_space);
    // The init containers first; a Pod has them last.
    for (const bool is_init : {true, false}) {
      for (const Container& container : pod.containers) {
        if (container.is_init != is_init) continue;
        add_container(pod_logs, container, labels_of_container(pod_logs, pod, container, of_pod),
                      *meaning->rules, meta, info, found.targets);
      }
    }
  }
  return found;
}

}  // namespace alloy::loki::source_podlogs
