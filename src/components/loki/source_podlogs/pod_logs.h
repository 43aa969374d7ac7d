// PodLogs, the custom resource that says which containers' logs are wanted, and what becomes of it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "components/loki/shared/pod_tail/pod_target.h"
#include "components/shared/kubernetes/label_selector.h"
#include "components/shared/kubernetes/object_watch.h"
#include "components/shared/kubernetes/relabel_spec.h"
#include "signals/relabel.h"

namespace alloy::loki::source_podlogs {

struct PodLogs final : kubernetes::ClusterObject {
  kubernetes::LabelSelectorArguments selector;
  kubernetes::LabelSelectorArguments namespace_selector;
  std::vector<kubernetes::RelabelSpec> relabelings;
  bool operator==(const PodLogs&) const = default;
};

extern const kubernetes::ObjectType pod_logs_type;

// What was found for one of them, as debug_info() shows it.
struct ContainerInfo {
  std::map<std::string, std::string> discovered_labels;
  std::map<std::string, std::string> labels;
  std::string reconcile_error;

  static constexpr auto schema() {
    using C = ContainerInfo;
    return fields(
        required<&C::discovered_labels>("discovered_labels", "Its labels as they were found."),
        required<&C::labels>("labels", "The labels of its entries."),
        optional<&C::reconcile_error>("reconcile_error", "Why it is not read."));
  }
};
struct PodInfo {
  std::string name_space;
  std::string name;
  std::string reconcile_error;
  std::vector<ContainerInfo> containers;

  static constexpr auto schema() {
    using P = PodInfo;
    return fields(required<&P::name_space>("namespace", "The pod's namespace."),
                  required<&P::name>("name", "The pod's name."),
                  optional<&P::reconcile_error>("reconcile_error", "Why it is not read."),
                  blocks<&P::containers>("container", "A container of it."));
  }
};
struct PodLogsInfo {
  std::string name_space;
  std::string name;
  std::string last_reconcile;
  std::string reconcile_error;
  std::vector<PodInfo> pods;

  static constexpr auto schema() {
    using P = PodLogsInfo;
    return fields(required<&P::name_space>("namespace", "The namespace of the PodLogs."),
                  required<&P::name>("name", "The name of the PodLogs."),
                  optional<&P::last_reconcile>("last_reconcile", "When it was last looked at."),
                  optional<&P::reconcile_error>("reconcile_error", "What is wrong with it."),
                  blocks<&P::pods>("pod", "A pod that it selects."));
  }
};

struct FoundPods {
  PodLogsInfo info;
  std::vector<PodTarget> targets;
};

// The containers that one PodLogs means among the pods that are known.
FoundPods find_pods(const PodLogs& pod_logs, const kubernetes::ObjectWatch& cluster,
                    DiscoveredLabels meta, WallTime now);

}  // namespace alloy::loki::source_podlogs
