#include "components/loki/shared/pod_tail/pod_target.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace alloy::loki {
namespace {

constexpr std::array<std::string_view, 12> cluster_labels = {
    "__pod_namespace__",
    "__pod_name__",
    "__pod_container_name__",
    "__pod_uid__",
    "__meta_kubernetes_namespace",
    "__meta_kubernetes_pod_name",
    "__meta_kubernetes_pod_container_name",
    "__meta_kubernetes_pod_uid",
    "container",
    "pod",
    "job",
    "namespace",
};

std::string first_of(const LabelSet& labels, std::string_view own, std::string_view meta) {
  const std::string_view value = labels.get(own);
  return std::string(value.empty() ? labels.get(meta) : value);
}

}  // namespace

std::string PodTarget::id() const { return fmt::format("{}/{}:{}", name_space, pod, container); }

PositionKey PodTarget::position_key() const {
  return {fmt::format("cursor-{}:{}", id(), uid), labels.describe()};
}

Result<PodTarget> make_pod_target(Target discovered, const LabelSet& labels,
                                  std::string_view default_job, DiscoveredLabels meta) {
  PodTarget target{
      .discovered = std::move(discovered),
      .labels = {},
      .name_space = first_of(labels, "__pod_namespace__", "__meta_kubernetes_namespace"),
      .pod = first_of(labels, "__pod_name__", "__meta_kubernetes_pod_name"),
      .container =
          first_of(labels, "__pod_container_name__", "__meta_kubernetes_pod_container_name"),
      .uid = first_of(labels, "__pod_uid__", "__meta_kubernetes_pod_uid"),
  };
  if (target.name_space.empty()) return fail("missing pod namespace label");
  if (target.pod.empty()) return fail("missing pod name label");
  if (target.container.empty()) return fail("missing pod container name label");
  if (target.uid.empty()) return fail("missing pod UID label");

  const std::string instance = target.id();
  LabelBuilder builder;
  builder.reset(labels.labels());
  builder.erase_if([&](const Label& label) {
    const bool is_kept = meta == DiscoveredLabels::kept && label.name.starts_with("__meta_");
    return label.value.empty() || (label.name.starts_with("__") && !is_kept);
  });
  if (!labels.has("job")) builder.set("job", default_job);
  if (!labels.has("instance")) builder.set("instance", instance);
  for (const Label& label : builder.labels())
    if (!is_utf8(label.value))
      return fail(
          fmt::format("invalid label value for {}: {}", quote(label.name), quote(label.value)));
  target.labels = builder.build();
  return target;
}

LabelSet pod_cluster_labels(const Target& discovered) {
  std::vector<Label> kept;
  for (const Label& label : discovered.labels())
    if (std::ranges::find(cluster_labels, label.name) != cluster_labels.end())
      kept.push_back(label);
  return LabelSet::from_sorted(kept);
}

}  // namespace alloy::loki
