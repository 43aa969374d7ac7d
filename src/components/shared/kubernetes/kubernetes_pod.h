// The labels that targets have from Kubernetes objects, and the targets of a pod.
#pragma once

#include <string_view>
#include <vector>

#include "components/shared/kubernetes/objects.h"
#include "components/shared/target_groups.h"

namespace alloy::discovery {

// __meta_kubernetes_<role>_label_x, _labelpresent_x, _annotation_x, _annotationpresent_x.
void put_labels_and_annotations(TargetBuilder& builder, const kubernetes::ObjectMeta& meta,
                                std::string_view role);
// The same, and __meta_kubernetes_<role>_name. `meta` must outlive the builder's use.
void put_object_meta(TargetBuilder& builder, const kubernetes::ObjectMeta& meta,
                     std::string_view role);

// __meta_kubernetes_pod_…, without the namespace.
void put_pod(TargetBuilder& builder, const kubernetes::Pod& pod);

// What tells a container's port: name, image, port, whether it is an init container.
void put_container_port(TargetBuilder& builder, const kubernetes::Container& container,
                        const kubernetes::ContainerPort& port, std::string_view protocol);

// A target a port of each container; of one without ports, one. All have the labels of `common`.
std::vector<Target> pod_targets(const kubernetes::Pod& pod, std::span<const Label> common);

}  // namespace alloy::discovery
