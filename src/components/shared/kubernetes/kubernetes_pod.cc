// Labels from Kubernetes objects.
#include "components/shared/kubernetes/kubernetes_pod.h"

#include "base/text.h"

namespace alloy::discovery {

using kubernetes::Container;
using kubernetes::ContainerPort;
using kubernetes::ObjectMeta;
using kubernetes::Pod;
using kubernetes::Texts;

namespace {

void put_texts(TargetBuilder& builder, const Texts& texts, std::string_view role,
               std::string_view kind) {
  for (const auto& [name, value] : texts) {
    const std::string clean = sanitize_label_name(name);
    builder.put(builder.keep(fmt::format("__meta_kubernetes_{}_{}_{}", role, kind, clean)), value);
    builder.put(builder.keep(fmt::format("__meta_kubernetes_{}_{}present_{}", role, kind, clean)),
                "true");
  }
}

}  // namespace

void put_labels_and_annotations(TargetBuilder& builder, const ObjectMeta& meta,
                                std::string_view role) {
  put_texts(builder, meta.labels, role, "label");
  put_texts(builder, meta.annotations, role, "annotation");
}

void put_object_meta(TargetBuilder& builder, const ObjectMeta& meta, std::string_view role) {
  builder.put(builder.keep(fmt::format("__meta_kubernetes_{}_name", role)), meta.name);
  put_labels_and_annotations(builder, meta, role);
}

void put_pod(TargetBuilder& builder, const Pod& pod) {
  builder.put("__meta_kubernetes_pod_ip", pod.ip);
  builder.put("__meta_kubernetes_pod_ready", pod.ready);
  builder.put("__meta_kubernetes_pod_phase", pod.phase);
  builder.put("__meta_kubernetes_pod_node_name", pod.node_name);
  builder.put("__meta_kubernetes_pod_host_ip", pod.host_ip);
  builder.put("__meta_kubernetes_pod_uid", pod.meta.uid);
  put_object_meta(builder, pod.meta, "pod");
  if (!pod.meta.controller) return;
  const auto& [kind, name] = *pod.meta.controller;
  if (!kind.empty()) builder.put("__meta_kubernetes_pod_controller_kind", kind);
  if (!name.empty()) builder.put("__meta_kubernetes_pod_controller_name", name);
}

void put_container_port(TargetBuilder& builder, const Container& container,
                        const ContainerPort& port, std::string_view protocol) {
  builder.put("__meta_kubernetes_pod_container_name", container.name);
  builder.put("__meta_kubernetes_pod_container_image", container.image);
  builder.put("__meta_kubernetes_pod_container_init", container.is_init ? "true" : "false");
  builder.put("__meta_kubernetes_pod_container_port_name", port.name);
  builder.put("__meta_kubernetes_pod_container_port_number",
              builder.keep(std::to_string(port.number)));
  builder.put("__meta_kubernetes_pod_container_port_protocol", protocol);
}

std::vector<Target> pod_targets(const Pod& pod, std::span<const Label> common) {
  std::vector<Target> targets;
  TargetBuilder builder;
  for (const Container& container : pod.containers) {
    if (container.ports.empty()) {
      builder.reset(common);
      builder.put("__address__", pod.ip);
      builder.put("__meta_kubernetes_pod_container_name", container.name);
      builder.put("__meta_kubernetes_pod_container_id", container.id);
      builder.put("__meta_kubernetes_pod_container_image", container.image);
      builder.put("__meta_kubernetes_pod_container_init", container.is_init ? "true" : "false");
      targets.push_back(builder.build());
    }
    for (const ContainerPort& port : container.ports) {
      builder.reset(common);
      builder.put_copy("__address__", join_host_port(pod.ip, port.number));
      builder.put("__meta_kubernetes_pod_container_id", container.id);
      put_container_port(builder, container, port, port.protocol);
      targets.push_back(builder.build());
    }
  }
  return targets;
}

}  // namespace alloy::discovery
