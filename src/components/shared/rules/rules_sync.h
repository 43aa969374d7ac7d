// Keeps a ruler in step with the PrometheusRule resources of a cluster: what is ours there becomes
// what the resources say, and what is somebody else's stays.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "component/component.h"
#include "components/shared/kubernetes/reconciler.h"
#include "components/shared/rules/rule_groups.h"
#include "components/shared/rules/ruler_api.h"
#include "components/shared/rules/ruler_arguments.h"

namespace alloy::rules {

// What differs between rulers, and follows from the arguments; replaced as a whole.
struct SyncSettings {
  RulerArguments ruler;
  std::string_view client;        // What is at the other end, for metrics: "mimir".
  std::string path;               // Of the rules: "/prometheus/config/v1/rules".
  bool missing_is_empty = false;  // Whether 404 means that there are no rules.
  Duration interval = 5min;
  std::string prefix;     // Of the namespaces that are ours.
  std::string separator;  // Between the parts of their names.
  // Changes the groups of one resource as the arguments say; fails for what the ruler would refuse.
  std::function<Result<>(const RuleResource&, std::vector<RuleGroup>&)> adapt;
};

class RulesSync {
 public:
  // `metrics_prefix`: "mimir_rules".
  RulesSync(const Options& options, std::string metrics_prefix);

  // On the component's strand. Finds the cluster; fails where there is none.
  Result<> update(SyncSettings settings);
  Task<> run(StopToken stop);
  // Whether this node does the work; takes effect at once.
  void set_leading(bool is_leading);

  // From any thread.
  std::vector<RuleResourceInfo> resources() const;
  std::vector<RulerNamespaceInfo> namespaces() const;

 private:
  struct Setup {
    SyncSettings settings;
    kubernetes::ReconcilerSettings watched;
    std::shared_ptr<RulerApi> ruler;
  };
  using Reason = kubernetes::Reconciler::Reason;

  Task<Result<>> reconcile(std::shared_ptr<const Setup> setup,
                           const kubernetes::ObjectWatch* cluster, bool lists, StopToken stop);
  Task<Result<>> apply(std::shared_ptr<const Setup> setup, std::string name_space,
                       std::vector<RuleGroup> wanted, StopToken stop);
  Task<Result<>> list(std::shared_ptr<const Setup> setup, StopToken stop);
  RuleGroups wanted_groups(const Setup& setup, const kubernetes::ObjectWatch& cluster);

  const Options& options_;
  const std::string metrics_prefix_;
  kubernetes::Reconciler reconciler_;
  std::shared_ptr<const Setup> setup_;
  bool is_leading_ = true;
  Event changed_;

  mutable std::mutex mutex_;  // Guards the next two.
  std::vector<RuleResourceInfo> resources_;
  RuleGroups current_;  // Ours, as the ruler has them.
};

// Whether a namespace of a ruler is one that `prefix` and a resource's UID make.
bool is_managed_namespace(std::string_view prefix, std::string_view name);

}  // namespace alloy::rules
